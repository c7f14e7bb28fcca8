"""``manage.py doctor``: checks every part of the site from outside, as users and the parts themselves use it.

A check is a function that takes the :class:`~ops.doctor.site_client.SiteClient` and gives
:class:`~ops.doctor.finding.Finding`;
each check has a timeout. A problem comes with a hint, a command for the kind of installation
(:mod:`ops.doctor.installation`).
"""
