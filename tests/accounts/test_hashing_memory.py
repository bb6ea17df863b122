"""The memory of password hashes is kept from one to the next."""

import subprocess
import sys

import pytest

HASHES = """
import resource, threading
from idp.accounts.passwords import Passwords, keep_hashing_memory
if {kept}:
    keep_hashing_memory(46, threads=1)
passwords = Passwords(memory_mib=46, time=1, parallelism=1)
def hash_twice():
    passwords.hash("a perfectly fine passphrase")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    passwords.hash("a perfectly fine passphrase")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
thread = threading.Thread(target=hash_twice)
thread.start()
thread.join()
"""


def page_faults_of_a_second_hash(*, kept: bool) -> int:
    done = subprocess.run(
        [sys.executable, "-c", HASHES.format(kept=kept)], capture_output=True, text=True, check=True, timeout=60
    )
    return int(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator is what is told")
def test_a_second_hash_needs_no_fresh_pages() -> None:
    assert page_faults_of_a_second_hash(kept=True) < 1_000
    assert page_faults_of_a_second_hash(kept=False) > 10_000
