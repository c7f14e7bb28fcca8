"""Time zones whose clocks change in unusual ways, and some whose clocks do not."""

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour
    "Asia/Kolkata",
    "Pacific/Chatham",  # 45 minutes
    "America/Santiago",  # at midnight
    "Africa/Casablanca",
    "Asia/Shanghai",
    "America/St_Johns",
    "Pacific/Apia",
    "Asia/Beirut",
    "UTC",
]
