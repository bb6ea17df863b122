"""Why a request was refused: what of it may be kept, which rule it broke, and what mends it."""
