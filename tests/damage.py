"""Damage to files, done so that it hits who opens them next and not the process that has them open."""

import os


def overwrite(path, content):
    """Put another file of this content in the place of `path`.

    Writing into the old one would cut it off first, and a process that reads a mapped file beyond its end is killed.
    """
    draft = path.with_name(path.name + ".damaged")
    draft.write_bytes(content)
    os.replace(draft, path)
