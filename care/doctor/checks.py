"""Every check under its name, in the order in which trouble spreads: who stands first is the cause of those behind."""

from care.doctor.addresses import certificate, origins
from care.doctor.bells import layer, redis_server
from care.doctor.database import database
from care.doctor.finding import Check
from care.doctor.keys import secrets
from care.doctor.machine import clock, disk
from care.doctor.mail import mail
from care.doctor.processes import collector, live, uwsgi
from care.doctor.routing import pages
from care.doctor.statics import statics
from care.doctor.upgrade import websocket

CHECKS: dict[str, Check] = {
    "database": database,
    "redis": redis_server,
    "layer": layer,
    "uwsgi": uwsgi,
    "pages": pages,
    "websocket": websocket,
    "live": live,
    "collector": collector,
    "static": statics,
    "origins": origins,
    "certificate": certificate,
    "secrets": secrets,
    "clock": clock,
    "disk": disk,
    "mail": mail,
}
