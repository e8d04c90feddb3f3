"""Service levels and business calendars."""
