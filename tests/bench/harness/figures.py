"""From raw measurements to figures: ours, the peer's or the bound, their ratio, the goal, and whether it holds. Pure.

Every figure has one entry; one of several parts names them in `parts`, holds only if each part does, and shows the
part that is worst off as its own `ours`, `peer` and `ratio`.
"""

import collections
import statistics


def median(rounds):
    """Of measurements of one shape: each number's median."""
    first = rounds[0]
    if isinstance(first, dict):
        return {key: median([each[key] for each in rounds]) for key in first}
    return statistics.median(rounds) if isinstance(first, (int, float)) else first


def part(name, ours, peer, unit, goal, at_least, peer_is):
    """One comparison. `goal` bounds the ratio ours / peer: from below if `at_least`, else from above."""
    ratio = ours / peer if peer else float("inf")
    return {
        "part": name, "ours": ours, "peer": peer, "peer_is": peer_is, "unit": unit, "ratio": ratio,
        "goal": (">= " if at_least else "<= ") + f"{goal:g}", "holds": ratio >= goal if at_least else ratio <= goal,
        "margin": ratio / goal if at_least else (goal / ratio if ratio else float("inf")),
    }


def figure(identity, parts, **more):
    worst = min(parts, key=lambda p: p["margin"])
    out = {"id": identity}
    out.update({k: worst[k] for k in ("ours", "peer", "unit", "ratio", "goal", "peer_is")})
    out["holds"] = all(p["holds"] for p in parts)
    if len(parts) > 1:
        out["parts"] = parts
    out.update(more)
    return out


def bound_submit_64(micro):
    """Submissions a second that two cores could do if they did nothing but what has to be done: the client's signature,
    the server's verification, one call over TLS with 64 in flight, and the submission's share of a group's commit."""
    echo_us = 2 * micro["echo_64_us"]  # both cores are busy with it, client's and server's work together
    commit_us = (micro["commit_64_us"] + micro["anchor_us"]) / 64
    cores_us = micro["sign_us"] + micro["verify_us"] + echo_us + commit_us
    return {
        "submissions_per_s": 2e6 / cores_us,
        "formula": "2 cores / (sign + verify + 2 x echo_64 + (commit_64 + anchor) / 64)",
        "sign_us": micro["sign_us"], "verify_us": micro["verify_us"], "echo_64_us": micro["echo_64_us"],
        "commit_64_us": micro["commit_64_us"], "anchor_us": micro["anchor_us"],
    }


def submit_64(raw):
    bound = bound_submit_64(raw["micro"])
    ours = raw["submit_64"]["submissions_per_s"]
    return figure("submit_64", [
        part("against PostgreSQL", ours, raw["postgres"]["one_64"]["per_s"], "submissions/s", 6, True,
             "PostgreSQL chain, 64 clients"),
        part("against the bound", ours, bound["submissions_per_s"], "submissions/s", 0.75, True,
             "sign + verify + echo + commit"),
    ], bound=bound, latency_ms=raw["submit_64"]["checked"],
        postgres_per_s={str(c): raw["postgres"][f"one_{c}"]["per_s"] for c in (1, 16, 64)},
        sqlite_per_s=raw["sqlite"]["single"]["entries_per_s"])


def submit_1(raw):
    ours = raw["submit_1"]["checked"]
    return figure("submit_1", [
        part("median", ours["p50_ms"], raw["postgres"]["one_1"]["p50_ms"], "ms", 2.5, False,
             "PostgreSQL chain, 1 client, median"),
        part("p99 against our median", ours["p99_ms"], ours["p50_ms"], "ms", 4, False, "our median"),
    ], answered_ms=raw["submit_1"]["answered"])


def bulk(raw, identity, goal):
    measured = raw[identity]
    return figure(identity, [
        part("actions", measured["actions_per_s"], raw["postgres"]["many"]["per_s"], "actions/s", goal, True,
             "PostgreSQL chain, 200 a transaction"),
    ], how=measured["how"], sqlite_per_s=raw["sqlite"]["bulk"]["entries_per_s"])


def mixed(raw):
    alone, busy = raw["mixed_queries"]["queries"], raw["mixed"]["queries"]
    return figure("mixed", [
        part("p99 of queries", busy["p99_ms"], alone["p99_ms"], "ms", 3, False, "the same without writers"),
    ], queries_per_s=raw["mixed"]["queries_per_s"], submissions_per_s=raw["mixed"]["submissions_per_s"],
        queries_alone_per_s=raw["mixed_queries"]["queries_per_s"])


STATEMENTS = {"statement_date": "as of a date", "statement_sequence": "as of a record", "statement_both": "as of both"}
POINTS = {"proof": "inclusion proof", "trail": "first page of a trail", "record": "one record"}


def growth(raw, names, key, limit_ms):
    """Absolute at the longer log, and against the shorter one."""
    short, long = raw["reads_short"], raw["reads_long"]
    parts = []
    for name, words in names.items():
        parts.append(part(words, long[name][key], limit_ms, "ms", 1, False, f"limit of {limit_ms:g} ms"))
        parts.append(part(f"{words}, growth", long[name][key], short[name][key], "ms", 1.5, False,
                          f"the same at {short['records']} records"))
    return parts


def statement(raw):
    return figure("statement", growth(raw, STATEMENTS, "p50_ms", 10), records=raw["reads_long"]["records"],
                  records_short=raw["reads_short"]["records"], lines=raw["reads_long"]["lines"],
                  p99_ms={k: raw["reads_long"][k]["p99_ms"] for k in STATEMENTS})


def point_reads(raw):
    return figure("point_reads", growth(raw, POINTS, "p99_ms", 1), records=raw["reads_long"]["records"],
                  records_short=raw["reads_short"]["records"])


def opening(raw):
    short, long = raw["reads_short"], raw["reads_long"]
    grown = [r["resident_open_mib"] - r["resident_before_mib"] for r in (short, long)]
    return figure("open", [
        part("time", long["open_ms"], 1000, "ms", 1, False, "limit of 1 s"),
        part("memory, growth", grown[1], grown[0], "MiB", 1.5, False, f"the same at {short['records']} records"),
    ], records=long["records"])


def verify_chain(raw):
    measured = raw["verify_chain"]
    return figure("verify_chain", [
        part("records", measured["records_per_s"], 500_000, "records/s", 1, True, "goal"),
    ], records=measured["records"])


def verify_full(raw):
    measured = raw["verify_full"]
    bounds = [measured["bound_before_signatures_per_s"], measured["bound_after_signatures_per_s"]]
    return figure("verify_full", [
        part("signatures", measured["signatures_per_s"], sum(bounds) / 2, "signatures/s", 0.85, True,
             "Ed25519 verifications on all cores"),
    ], records_per_s=measured["records_per_s"], records=measured["records"])


def disk(raw):
    measured = raw["disk"]
    return figure("disk", [
        part("bytes", measured["disk_bytes"], measured["record_bytes"], "bytes", 1.5, False, "bytes of records"),
    ], records=measured["records"])


def overload(raw):
    """The latencies of the round in the middle: either side has the same daemon and the same minute."""
    def ratio(each):
        return each["flood"]["answered"]["p99_ms"] / each["capacity"]["answered"]["p99_ms"]

    rounds = sorted(raw["overload"], key=ratio)
    middle = rounds[len(rounds) // 2]
    flood, capacity = middle["flood"], middle["capacity"]
    refusals = sum((collections.Counter(each["flood"]["refusals"]) for each in rounds), collections.Counter())
    return figure("overload", [
        part("p99 of the answered", flood["answered"]["p99_ms"], capacity["answered"]["p99_ms"], "ms", 2, False,
             "p99 at capacity, 64 in flight"),
        part("refused with a retry delay", sum(each["flood"]["refusals_with_retry_delay"] for each in rounds),
             refusals.total(), "refusals", 1, True, "all refusals"),
    ], capacity_per_s=capacity["submissions_per_s"], refusals=dict(refusals),
        **{key: flood[key] for key in ("sent_per_s", "answered_per_s", "refused_share")},
        ratios_of_rounds=[ratio(each) for each in rounds])


FIGURES = {
    "submit_64": (submit_64, {"postgres", "sqlite", "micro", "submit_64"}),
    "submit_1": (submit_1, {"postgres", "submit_1"}),
    "bulk": (lambda raw: bulk(raw, "bulk", 3), {"postgres", "sqlite", "bulk"}),
    "bulk_payments": (lambda raw: bulk(raw, "bulk_payments", 1.5), {"postgres", "sqlite", "bulk_payments"}),
    "mixed": (mixed, {"mixed"}),
    "statement": (statement, {"reads"}),
    "point_reads": (point_reads, {"reads"}),
    "open": (opening, {"reads"}),
    "verify_chain": (verify_chain, {"verify_chain"}),
    "verify_full": (verify_full, {"verify_full"}),
    "disk": (disk, {"disk"}),
    "overload": (overload, {"overload"}),
}


def all_figures(raw, wanted):
    return [FIGURES[identity][0](raw) for identity in FIGURES if identity in wanted]


def number(value):
    if value == float("inf"):
        return "-"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def rows(figures):
    for each in figures:
        for index, one in enumerate(each.get("parts", [each])):
            yield (each["id"] if index == 0 else "", one.get("part", ""), number(one["ours"]), number(one["peer"]),
                   one["unit"], number(one["ratio"]), one["goal"], "yes" if one["holds"] else "NO", one["peer_is"])


HEADS = ("figure", "part", "ours", "peer", "unit", "ratio", "goal", "holds", "peer is")


def table(figures):
    lines = [HEADS, *rows(figures)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def markdown(report):
    figures = report["figures"]
    lines = ["![How far each figure is from its goal](performance.svg)", "",
             "| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
    lines += ["| " + " | ".join(row) + " |" for row in rows(figures)]
    machine = report["machine"]
    lines.append("")
    lines.append(f"{report['date']}, commit {report['commit']}, {machine['cpu']}, {machine['cores']} cores, "
                 f"{machine['memory_gib']} GiB" + (", quick run." if report["quick"] else "."))
    return "\n".join(lines)
