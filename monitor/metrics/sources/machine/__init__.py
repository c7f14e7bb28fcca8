"""Reads the hardware of this machine from the kernel's files below a root folder: ``/``, or one made by a test."""
