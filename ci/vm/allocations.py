#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What asked for memory: reads the kernel's trace of kmalloc and kmem_cache_alloc with stacks.

allocations.py MODULE... <TRACE: a line `COUNT FUNCTION MODULE` for each function of these modules
that called the allocator itself. What the kernel allocates on its own account, below a call of ours,
is not counted.
"""

import collections
import re
import sys

FRAME = re.compile(r"^ => (?P<function>[^ +]+)\S*(?: \[(?P<module>\w+)\])?")
# The allocator itself, and the trace's own way here.
ALLOCATOR = re.compile(
    r"^(_*(trace_|traceiter_|bpf_|kmem_cache_|kmalloc|kvmalloc|kzalloc|krealloc|slab_)|trace_event_)"
)


def callers(lines):
    """The first function outside the allocator of each stack, with its module or None."""
    looking = False
    for line in lines:
        if "<stack trace>" in line:
            looking = True
            continue
        frame = FRAME.match(line)
        if looking and frame and not ALLOCATOR.match(frame["function"]):
            looking = False
            yield frame["function"], frame["module"]


def main():
    modules = set(sys.argv[1:])
    found = collections.Counter(c for c in callers(sys.stdin) if c[1] in modules)
    for (function, module), count in found.most_common():
        print(count, function, module)


main()
