"""Answers as the API sends them, most of their text written once.

What no counter has a say in reads the same until something begins, ends or changes, and is kept
with what was decided. Only counters, and the instant of the answer, are written anew.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from portal.entitlements.answers import mark_of
from portal.entitlements.checks import answer_to, answers_of, blocks_of, names_on_offer
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


def feature_list(found: Standing, at: datetime, category: str | None, explain: bool) -> FeatureList:
    """All features on offer, or those of one category, as the user's own program is told them."""
    decisions, texts = _page(found, at, category, explain)
    blocks = blocks_of(found, [decisions[n] for n, text in enumerate(texts) if text is None], at)
    answers, parts = [], list(texts)
    for n, text in enumerate(texts):
        if text is None:
            answers.append(answer_to(found, decisions[n], blocks[decisions[n].feature_name], at))
            parts[n] = _encode(answers[-1].decision_json(explain, to_customer=True))
    mark = mark_of(found, answers, category, explain)
    return FeatureList(mark, [part or "" for part in parts], _end(found, at))


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
