"""Use cases of notices. `telling` starts, `climbing` decides the next step, `carrying` and `gathering` hand over, `reporting` hears back."""

from nollycrewhub.domains.notifications.service.alerting import alertmanager_report, clear_alert, raise_alert, tell_later
from nollycrewhub.domains.notifications.service.carrying import carry
from nollycrewhub.domains.notifications.service.choosing import (
    add_device,
    devices,
    drop_device,
    set_settings,
    settings_of,
    stop,
    stopping,
)
from nollycrewhub.domains.notifications.service.climbing import climb
from nollycrewhub.domains.notifications.service.gathering import gather
from nollycrewhub.domains.notifications.service.overseeing import as_csv, day_as_csv, decided_as_csv, sending
from nollycrewhub.domains.notifications.service.reading import (
    PAGE,
    erase_person,
    export_person,
    kinds_held,
    listing,
    mark_all_read,
    open_notice,
    read_with_talk,
    seen_by,
    to_ring,
    unread,
)
from nollycrewhub.domains.notifications.service.reporting import (
    bounced,
    push_report,
    rang,
    seen_by_link,
    sms_report,
    stops_of,
    told_by_link,
    whatsapp_report,
)
from nollycrewhub.domains.notifications.service.ringing import ring
from nollycrewhub.domains.notifications.service.telling import Telling, as_known, name_of, tell, tell_all, tell_of_match

__all__ = [
    "PAGE",
    "Telling",
    "add_device",
    "alertmanager_report",
    "as_csv",
    "as_known",
    "bounced",
    "carry",
    "clear_alert",
    "climb",
    "day_as_csv",
    "decided_as_csv",
    "devices",
    "drop_device",
    "erase_person",
    "export_person",
    "gather",
    "kinds_held",
    "listing",
    "mark_all_read",
    "name_of",
    "open_notice",
    "push_report",
    "raise_alert",
    "rang",
    "read_with_talk",
    "ring",
    "seen_by",
    "seen_by_link",
    "sending",
    "set_settings",
    "settings_of",
    "sms_report",
    "stop",
    "stopping",
    "stops_of",
    "tell",
    "tell_all",
    "tell_later",
    "tell_of_match",
    "to_ring",
    "told_by_link",
    "unread",
    "whatsapp_report",
]  # fmt: skip
