"""Answers as the API sends them, most of their text written once.

What no counter has a say in reads the same until something begins, ends or changes, and is kept
with what was decided; so is the list of all features, as long as the counters, read afresh, are
those it was written from. Only other counters, and the instant of the answer, are written anew.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from portal.entitlements.answers import mark_of
from portal.entitlements.checks import answer_to, answers_of, left_of, names_on_offer
from portal.entitlements.counted import Counts
from portal.entitlements.resolution import Decision
from portal.entitlements.snapshots import Standing
from portal.web.times import machine

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


Page: TypeAlias = tuple[list[Decision], list[str | None]]


@dataclass(frozen=True, slots=True)
class FeatureList:
    """The features on offer as one user has them, and the mark of this very list."""

    mark: str
    _parts: Sequence[str]
    _end: str

    def written(self) -> str:
        return f'{{"items":[{",".join(self._parts)}]{self._end}'


@dataclass(frozen=True, slots=True)
class _Kept:
    """A list and what it was written from: true while these are the counts, until one rolls."""

    counts: Counts
    since: datetime
    until: datetime | None
    mark: str
    parts: Sequence[str]

    def holds(self, counts: Counts, at: datetime) -> bool:
        is_running = self.since <= at and (self.until is None or at < self.until)
        return is_running and self.counts == counts


def feature_list(
    found: Standing, counts: Counts, at: datetime, category: str | None, explain: bool
) -> FeatureList:
    """All features on offer, or those of one category, as the user's own program is told them."""
    may_keep = not explain and found.holds_at(at)
    kept: _Kept | None = found.memo.get(("list", category)) if may_keep else None
    if kept is None or not kept.holds(counts, at):
        kept = _list(found, counts, at, category, explain)
        if may_keep and (kept.parts or category is None):
            found.memo["list", category] = kept
    return FeatureList(kept.mark, kept.parts, _end(found, at))


def _list(
    found: Standing, counts: Counts, at: datetime, category: str | None, explain: bool
) -> _Kept:
    decisions, texts = _page(found, at, category, explain)
    counted = [decision for decision, text in zip(decisions, texts, strict=True) if text is None]
    left = left_of(found, counted, at, counts)
    answers = [answer_to(found, each, left.blocks[each.feature_name], at) for each in counted]
    written = (_encode(each.decision_json(explain, True)) for each in answers)
    parts = [next(written) if text is None else text for text in texts]
    return _Kept(counts, at, left.until, mark_of(found, answers, category, explain), parts)


def _page(found: Standing, at: datetime, category: str | None, explain: bool) -> Page:
    """Each decision with its text, None for one that is counted."""
    may_keep = not explain and found.holds_at(at)
    page: Page | None = found.memo.get(("page", category)) if may_keep else None
    if page is None:
        decisions = [found.decide(name, at) for name in names_on_offer(found, category)]
        texts = [
            _written_once(found, each, at, explain, True) if each.allowance is None else None
            for each in decisions
        ]
        page = decisions, texts
        if may_keep and (decisions or category is None):
            found.memo["page", category] = page
    return page


def one_answer(
    found: Standing,
    name: str,
    at: datetime,
    quantity: int | None,
    explain: bool,
    to_customer: bool,
) -> str:
    """The answer for one feature."""
    decision = found.decide(name, at)
    if decision.allowance is None:
        return _written_once(found, decision, at, explain, to_customer)[:-1] + _end(found, at)
    answer = answers_of(found, [name], at, quantity)[0]
    return _encode(answer.decision_json(explain, to_customer))[:-1] + _end(found, at)


def many_answers(
    found: Standing, names: Sequence[str], at: datetime, explain: bool, to_customer: bool
) -> str:
    """The answers for several features, in their order."""
    answers = answers_of(found, names, at)
    parts = (_encode(answer.decision_json(explain, to_customer)) for answer in answers)
    return f'{{"items":[{",".join(parts)}]{_end(found, at)}'


def _written_once(
    found: Standing, decision: Decision, at: datetime, explain: bool, to_customer: bool
) -> str:
    """The text of a decision that no counter changes; a trace is made when it is asked for."""
    key = decision.feature_name
    may_keep = not explain and found.keeps(key, at)
    kind = "customer's text" if to_customer else "text"
    text: str | None = found.memo.get((kind, key)) if may_keep else None
    if text is None:
        text = _encode(answer_to(found, decision, None, at).decision_json(explain, to_customer))
        if may_keep:
            found.memo[kind, key] = text
    return text


def _end(found: Standing, at: datetime) -> str:
    return (
        f',"evaluated_at":"{machine(at)}","snapshot":{{"tenant_version":{found.tenant_version},'
        f'"catalog_version":{found.catalog_version}}}}}'
    )
