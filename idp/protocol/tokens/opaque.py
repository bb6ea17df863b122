"""Opaque secrets: codes and tokens. 256 random bits behind a prefix that says what was found when one leaks."""

import secrets

CODE = "op_ac_"
ACCESS_TOKEN = "op_at_"
REFRESH_TOKEN = "op_rt_"
INITIAL_ACCESS_TOKEN = "op_it_"
REGISTRATION_TOKEN = "op_gt_"
DEVICE_CODE = "op_dc_"

LONGEST = 128
"""Longer than anything we issue; whatever exceeds it is not looked up."""


def new(prefix: str) -> str:
    """A fresh secret of a kind."""
    return prefix + secrets.token_urlsafe(32)
