"""Why a request to another server came to nothing. Sentences are fixed: nothing that the other side said is in them."""


class OutgoingRefused(Exception):
    """We do not send this: the URL, or the address it leads to, is not one we talk to. Trying again is of no use."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class OutgoingFailed(Exception):
    """The other server could not be reached, or answered in a way that is of no use. It may go well later."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
