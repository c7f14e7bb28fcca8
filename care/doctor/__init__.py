"""``manage.py doctor``: looks at every part of the site from outside, as people and the parts themselves use it.

A check is a function that takes the :class:`~care.doctor.front.Front` and gives :class:`~care.doctor.finding.Finding`;
each is bounded in time, and none hides another. What is wrong comes with the way out, as it is written where the site
runs (:mod:`care.doctor.ways`).
"""
