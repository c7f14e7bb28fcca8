"""What this machine consists of, by the kernel's files below a root folder: ``/``, or a tree that a test has built."""
