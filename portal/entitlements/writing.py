"""Answers as the API sends them, most of their text written once.

What no counter has a say in reads the same until something begins, ends or changes, and is kept
with what was decided. Only counters, and the instant of the answer, are written anew.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.entitlements.answers import Answer, mark_of
from portal.entitlements.checks import answer_to, answers_of, blocks_of, names_on_offer
from portal.entitlements.resolution import Decision
from portal.entitlements.snapshots import Standing
from portal.web.times import machine

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class FeatureList:
    """The features on offer as one user has them, and the mark of this very list."""

    mark: str
    _parts: Sequence[str]
    _end: str

    def written(self) -> str:
        return f'{{"items":[{",".join(self._parts)}]{self._end}'


def feature_list(found: Standing, at: datetime, category: str | None, explain: bool) -> FeatureList:
    """All features on offer, or those of one category."""
    decisions = [found.decide(name, at) for name in names_on_offer(found, category)]
    blocks = blocks_of(found, decisions, at)
    answers = [
        answer_to(found, each, blocks[each.feature_name], at)
        for each in decisions
        if each.feature_name in blocks
    ]
    counted = {answer.feature_name: _encode(answer.decision_json(explain)) for answer in answers}
    parts = [
        counted.get(each.feature_name) or _written_once(found, each, at, explain)
        for each in decisions
    ]
    return FeatureList(mark_of(found, answers, category, explain), parts, _end(found, at))


def one_answer(
    found: Standing, name: str, at: datetime, quantity: int | None, explain: bool
) -> str:
    """The answer for one feature."""
    decision = found.decide(name, at)
    if decision.allowance is None:
        return _written_once(found, decision, at, explain)[:-1] + _end(found, at)
    answer = answers_of(found, [name], at, quantity)[0]
    return _encode(answer.decision_json(explain))[:-1] + _end(found, at)


def many_answers(found: Standing, names: Sequence[str], at: datetime, explain: bool) -> str:
    """The answers for several features, in their order."""
    parts = _each(answers_of(found, names, at), explain)
    return f'{{"items":[{",".join(parts)}]{_end(found, at)}'


def _each(answers: Iterable[Answer], explain: bool) -> Iterable[str]:
    return (_encode(answer.decision_json(explain)) for answer in answers)


def _written_once(found: Standing, decision: Decision, at: datetime, explain: bool) -> str:
    """The text of a decision that no counter changes; a trace is made when it is asked for."""
    key = decision.feature_name
    may_keep = not explain and found.keeps(key, at)
    text = found.texts.get(key) if may_keep else None
    if text is None:
        text = _encode(answer_to(found, decision, None, at).decision_json(explain))
        if may_keep:
            found.texts[key] = text
    return text


def _end(found: Standing, at: datetime) -> str:
    return (
        f',"evaluated_at":"{machine(at)}","snapshot":{{"tenant_version":{found.tenant_version},'
        f'"catalog_version":{found.catalog_version}}}}}'
    )
