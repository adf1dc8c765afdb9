"""Beside a TED talk: what its editors chose. Nobody has watched anything, so this is content alone."""

import json
from pathlib import Path
from random import Random
from typing import Any

from .scores import Judged
from .stage import Item, Stage


async def measure(stage: Stage, data: Path, sample: int) -> list[str]:
    docs = [json.loads(line) for line in (data / "ted" / "docs.jsonl").read_text("utf-8").splitlines()]
    chosen = [
        json.loads(line) for line in (data / "ted" / "ted_related.jsonl").read_text("utf-8").splitlines()
    ]
    await stage.open()
    await stage.load([_item(doc) for doc in docs])
    names = {video_id: name for name, video_id in stage.ids.items()}
    popular = [str(doc["id"]) for doc in sorted(docs, key=lambda doc: -doc.get("views", 0))]
    content, hybrid, most_viewed = Judged("content"), Judged("hybrid, without a view"), Judged("most viewed")
    for one in Random(0).sample(chosen, min(sample, len(chosen))):
        source, relevant = str(one["qid"]), {str(name) for name in one["rel"] if str(name) in stage.ids}
        if not relevant or source not in stage.ids:
            continue
        content.judge([names[v] for v in await stage.list_of(source, "content")], relevant)
        hybrid.judge([names[v] for v in await stage.list_of(source, "hybrid")], relevant)
        most_viewed.judge([name for name in popular if name != source], relevant)
    await stage.close()
    return ["TED, related talks", *(j.line(len(docs)) for j in (content, hybrid, most_viewed))]


def _item(doc: dict[str, Any]) -> Item:
    tags = tuple(dict.fromkeys(str(tag).strip()[:50] for tag in doc.get("tags", []) if str(tag).strip()))
    return Item(
        str(doc["id"]), doc["title"], doc.get("description") or "", tags[:50], doc.get("speaker") or ""
    )
