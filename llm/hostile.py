"""What of a text is no instruction to a tailor: markup, templates, code, orders to the program, addresses, JSON.

Tags and templates are blanked alone, sentences with code or orders as a whole; every character keeps its place. Nothing
here or later is executed: this only keeps such text from being read as garments.
"""

from __future__ import annotations

import json
import re

from toile.llm.normal import NormalText

_HOSTILE = re.compile(
    r"system ?:|assistant ?:|### ?instruction|ignore (?:all |any |the )*(?:previous|prior|above|earlier|your)|disregard (?:all |the |any )*(?:previous|prior|above)"
    r"|system prompt|you are now|jailbreak|developer mode|pretend (?:to be|you)|act as (?:a|an|if)|reveal your"
    r"|忽略(?:之前|以上|上面|所有|前面)|无视(?:之前|以上|上面|所有)|系统提示|你现在是|扮演"
    r"|drop table|delete from|insert into|union select|select .{0,40} from |truncate table|or 1=1|--\s*$"
    r"|<\s*/?\s*(?:script|img|iframe|svg|html|body|a )|javascript:|onerror|{{|}}|\$\{|rm -rf|sudo |import os|os\.system"
    r"|def \w+\(|print\(|return [\"']|console\.log|eval\(|exec\(|__import__|/etc/passwd|cmd\.exe|powershell|base64"
)
_TAG = re.compile(
    r"<\s*(script|style|svg)\b.{0,400}?(?:</\s*\1\s*>|$)|<\s*/?\s*(?:script|img|iframe|svg|html|body|a|style)\b[^<>]{0,300}>"
    r"|\[inst\][^\[\]]{0,300}\[/inst\]|\[/?inst\]|\{\{.{0,80}?\}\}|\$\{.{0,80}?\}|\$\(.{0,80}?\)"
)
_URL = re.compile(r"(?:https?://|www\.)[^\s\u4e00-\u9fff]+")
_SENTENCE = re.compile(r"(?:(?!\. )[^。;!?\n])+(?:\. |[。;!?\n])?|[。;!?\n]|\. ")


def is_json(text: str) -> bool:
    """Return whether a text is a JSON document, or most of one."""
    stripped = text.strip()
    if stripped[:1] not in ("{", "["):
        return False
    try:
        json.loads(stripped)
    except (ValueError, RecursionError):
        return stripped.count('"') >= 4 and stripped[0] == "{"
    return True


def without_hostile(normal: NormalText) -> tuple[NormalText, bool]:
    """Blank sentences that hold code or orders to the program itself; say whether there were any."""
    text = _TAG.sub(_blanked, _URL.sub(lambda m: "\n" * len(m[0]), normal.text))
    if _HOSTILE.search(text) is None:
        return NormalText(normal.original, text, normal.origin), text != normal.text
    pieces = ["\n" * len(m[0]) if _HOSTILE.search(m[0]) else m[0] for m in _SENTENCE.finditer(text)]
    return NormalText(normal.original, "".join(pieces)[: len(normal.text)], normal.origin), True


def _blanked(match: re.Match[str]) -> str:
    """Return commas in place of a tag or a template, and of the text between a pair that commands."""
    return "," * len(match[0])
