from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OnCallConfig(AppConfig):
    name = "monitor.oncall"

    def ready(self) -> None:
        from chat import demo
        from chat.notifications.views import SettingsSection, sections
        from chat.palette import palette_finders
        from chat.role_mentions import RoleMention, role_mentions
        from monitor.oncall import commands, slash  # noqa: F401 - importing the modules registers their commands
        from monitor.oncall.demo import make_sample_schedule
        from monitor.oncall.palette import find_oncall_groups
        from monitor.oncall.timetable import find_users_on_call

        palette_finders.append(find_oncall_groups)
        sections.append(SettingsSection("oncall/contact_link.html"))
        demo.sample_makers.append(make_sample_schedule)
        role_mentions["oncall"] = RoleMention(_("On call"), find_users_on_call)
