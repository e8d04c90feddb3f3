"""The tables of the support desk."""

from portal.support.models.agents import AgentShift, SupportAgent, SupportTeam, TeamMember
from portal.support.models.answers import CannedReply, Macro, MacroRun
from portal.support.models.desk import (
    BulkChange,
    BulkChangeRow,
    SavedView,
    TicketDraft,
    TicketPresence,
    TicketRating,
    TicketWatcher,
)
from portal.support.models.goodwill import GoodwillGesture, GoodwillLimit, GoodwillSpent
from portal.support.models.levels import (
    BusinessCalendarRow,
    CalendarVersion,
    SlaRule,
    SlaRuleVersion,
    TicketClock,
)
from portal.support.models.messages import AttachmentBlob, MessageAttachment, SupportMessage
from portal.support.models.tickets import (
    SupportTicket,
    TicketEvent,
    TicketLink,
    TicketMerge,
    TicketNumber,
    TicketParticipant,
    TicketTag,
)

__all__ = [
    "AgentShift",
    "AttachmentBlob",
    "BulkChange",
    "BulkChangeRow",
    "BusinessCalendarRow",
    "CalendarVersion",
    "CannedReply",
    "GoodwillGesture",
    "GoodwillLimit",
    "GoodwillSpent",
    "Macro",
    "MacroRun",
    "MessageAttachment",
    "SavedView",
    "SlaRule",
    "SlaRuleVersion",
    "SupportAgent",
    "SupportMessage",
    "SupportTeam",
    "SupportTicket",
    "TeamMember",
    "TicketClock",
    "TicketDraft",
    "TicketEvent",
    "TicketLink",
    "TicketMerge",
    "TicketNumber",
    "TicketParticipant",
    "TicketPresence",
    "TicketRating",
    "TicketTag",
    "TicketWatcher",
]
