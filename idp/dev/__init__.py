"""The playground of `idp dev`: demo applications, demo people and a mailbox. Production code never imports it."""
