#include "core/base/mutant_table.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/mutant.h"

namespace quadraft {
namespace {

struct Planted {
  std::string_view name;
  std::string_view what;
  std::string_view scenario;
  std::string_view faults = {};  // Names, with a space between them.
};

constexpr Planted kPlanted[] = {
    {"ack-before-sync",
     "a replica acknowledges appended entries before its log is synced (etcd#14370)", "log"},
    {"addresses-from-flags-alone",
     "nobody learns addresses from configurations: who joined later is known to its leader alone",
     "log", "lost-disk"},
    {"append-matches-by-index",
     "an Append is taken when its previous index is there, whatever its term (log matching; "
     "Raft paper, section 5.3)",
     "log"},
    {"applied-index-written-apart",
     "the applied index goes to the store in a write before the data (etcd#13766: consistent "
     "index and data apart)",
     "register"},
    {"apply-before-commit",
     "entries are applied once they are appended, not once they are committed (Jepsen on "
     "Redis-Raft: uncommitted entries applied)",
     "log"},
    {"batch-end-drops-row",
     "a scan that fills its batch skips the row behind it (a classic of iterators that "
     "advance twice)",
     "register"},
    {"change-before-first-commit",
     "a new leader changes the members before an entry of its term is committed (Ongaro, raft-dev "
     "2015-07-10; hashicorp/raft)",
     "log", "contested-change"},
    {"change-misses-permutation",
     "a change misses one of the six permutations (an index that does not follow its table)",
     "register"},
    {"clash-drops-older-term",
     "a second term under one fingerprint takes the first one's place", "register"},
    {"commit-beyond-append",
     "a follower commits up to the leader's index, also where the entries are not the "
     "leader's (Raft paper, figure 2: min(leaderCommit, last new entry))",
     "log"},
    {"commit-old-term",
     "a leader commits an entry of an earlier term by counting replicas (logcabin#44; Raft "
     "paper, figure 8)",
     "log"},
    {"compacted-before-durable",
     "the log is compacted before the state that it leads to is durable (etcd#10219: snapshot"
     " and WAL out of order)",
     "log"},
    {"compressed-entry-unmarked",
     "a compressed entry stands in the log without its mark: it comes back as other bytes", "log"},
    {"conflict-kept",
     "a follower keeps its own entry where the leader's differs, and acknowledges (Raft "
     "paper, section 5.3)",
     "log"},
    {"count-with-duplicates",
     "COUNT(DISTINCT) and its like count every row (an aggregate that forgets its DISTINCT)",
     "sparql"},
    {"damage-cut-back",
     "damage in what was synced is taken for a torn end and cut back (NuRaft#185; Protocol-"
     "Aware Recovery, FAST 2018)",
     "log"},
    {"delete-misses-digest", "a deletion does not leave the content digest", "register"},
    {"distinct-by-hash-alone",
     "DISTINCT and GROUP BY take two rows for one when their hashes fall together", "sparql"},
    {"failed-apply-counts",
     "a write that failed half way leaves the applied index in memory ahead of the store "
     "(docs/bugs.md, seed 379)",
     "register"},
    {"fence-skips-equal",
     "a seek begins at the last block that starts with its target, although rows of it may end the block before (a classic of sparse indexes)", "register"},
    {"filter-misses-last-of-block",
     "the last row of a full block does not enter the run's filter: the quad is taken for absent", "register"},
    {"fold-claims-what-came-meanwhile",
     "a fold says that the state is as far as when it ended, not as when it began: what came in "
     "between is gone after a crash",
     "register"},
    {"fold-forgets-terms",
     "quads go into the store before the terms that they use", "register"},
    {"forward-retried-blindly",
     "an update whose outcome is unknown is sent again (Jepsen on TiDB 2.1.7: automatic "
     "retries)",
     "register"},
    {"hash-join-by-hash-alone",
     "a hash join takes all of a bucket for matches, keys unseen (the classic of hash joins)",
     "sparql"},
    {"heartbeat-commits-beyond-match",
     "heartbeats carry the leader's commit index beyond what the follower is known to hold "
     "(etcd raft: min(match, committed))",
     "log"},
    {"ids-reused-after-restart",
     "the next dictionary id is not saved: ids are given again after a restart", "register"},
    {"index-join-key-in-part",
     "an index join takes the matches of the row before when only the subject is the same",
     "sparql"},
    {"inline-value-in-dictionary",
     "a literal that is inline when read gets a dictionary id when written: two ids for one "
     "term",
     "register"},
    {"insert-before-later-delete",
     "DELETE/INSERT inserts row by row, so that a later row's deletion takes it away (SPARQL 1.1 "
     "Update, section 3.1.3: deletions happen before insertions)",
     "sparql"},
    {"joint-decided-by-one",
     "of a joint configuration only the new voters are asked (Raft thesis, section 4.3)", "log"},
    {"kv-checksum-ignored", "the checksums of LevelDB's blocks are not verified", "register"},
    {"kv-error-ignored", "a failed write of the store counts as done (fsyncgate, PostgreSQL 2018)",
     "register"},
    {"kv-old-log-not-synced",
     "LevelDB's old log is not synced when the next one begins: a hole in the middle after a "
     "power cut",
     "register"},
    {"kv-sync-skipped",
     "a synced write of the store is not synced (LevelDB's WriteOptions.sync left at its "
     "default)",
     "register"},
    {"kv-tidies-after-error",
     "after a failed directory sync the manifest that CURRENT names is removed (docs/bugs.md,"
     " seed 213)",
     "register"},
    {"kv-torn-tail-kept",
     "the torn end of LevelDB's newest log is left where it is: the store does not open again",
     "register"},
    {"latch-dropped-under-pin",
     "a latch goes when its write is applied, although an update still reads an older view",
     "register"},
    {"latch-released-when-proposed",
     "a latch goes when its write is proposed, not when it is applied", "register"},
    {"latches-not-asked", "an update does not ask for conflicts with those under way: lost updates",
     "register"},
    {"lease-ignores-drift",
     "a leader counts on the whole length of what it was promised, whatever the clocks (tikv#964)",
     "log", "clock-drift isolation"},
    {"lease-kept-after-transfer",
     "a leader reads by lease while it hands its leadership over (openraft#1749)", "log",
     "leader-transfer delay-heavy-tail one-way-cut"},
    {"limit-counts-offset", "LIMIT counts the rows that OFFSET skipped (SPARQL 1.1, section 15.5)",
     "sparql"},
    {"log-checksum-ignored", "the checksum of a log record is not verified", "log"},
    {"log-sync-skipped",
     "the log says synced without syncing (etcd#14370; MongoDB's w:1 by default)", "log"},
    {"damaged-log-votes",
     "a log whose damaged entries were cut votes like any other (Alagappan et al., FAST'18: the "
     "vote of who lost what it had acknowledged elects a leader without it)",
     "log", "log-rot"},
    {"lost-disk-comes-back",
     "a node with an empty disk votes and acknowledges under its old number (Raft thesis, section "
     "11.7.3; Vanlightly, standard-raft: the blank server)",
     "log", "lost-disk"},
    {"merge-drops-returned",
     "a merge of runs drops a quad that came, went and came again", "graphs"},
    {"merge-join-skips-duplicates",
     "a merge join moves past a run of equal keys after its first left row", "sparql"},
    {"merge-replaces-all-runs",
     "a finished merge also drops the run that was written while it ran", "register"},
    {"new-leader-does-not-wait",
     "a new leader commits while an earlier one's lease may still run (LeaseGuard, section 3)",
     "log"},
    {"new-names-not-synced",
     "new files' names are not synced before the manifest speaks of them (ALICE, OSDI 2014)",
     "register"},
    {"new-term-before-step-down", "a leader takes a higher term before it steps down (NuRaft#293)",
     "log"},
    {"operations-see-only-the-base",
     "a later operation of a request does not see what the earlier ones did (SPARQL 1.1 Update, "
     "section 3)",
     "sparql"},
    {"optional-matched-before-filter",
     "OPTIONAL counts a row as matched before its FILTER was asked: the row is lost, not unbound "
     "(SPARQL 1.1, section 18.5, LeftJoin)",
     "sparql"},
    {"optional-part-not-latched",
     "what an OPTIONAL part reads is not among an update's read patterns", "register"},
    {"order-limit-off-by-one", "ORDER BY with LIMIT keeps one row too few", "sparql"},
    {"overwritten-entries-stay-stable",
     "what takes the place of overwritten entries counts as durable because they were (etcd: "
     "async_storage_writes_append_aba_race)",
     "log"},
    {"path-misses-zero-length",
     "a path `p*` does not begin at its start (SPARQL 1.1, section 18.4, ZeroOrMorePath)",
     "sparql"},
    {"prefix-one-id-short",
     "a scan compares its prefix one id short and runs into the next id's rows", "sparql"},
    {"promise-kept-once",
     "term and vote stand in the log alone: with the log they are forgotten (Alagappan et al., "
     "FAST'18, section 3.4.3: two copies of what no peer can bring back)",
     "log", "log-rot"},
    {"proposal-answered-by-index",
     "a proposal is acknowledged when its index is applied, whosever entry took it (Raft "
     "thesis, section 6.3)",
     "log"},
    {"read-before-applied",
     "a read is answered at its index although that is not applied yet (Raft thesis, section "
     "6.4, step 4)",
     "log"},
    {"read-before-first-commit",
     "a new leader answers reads before it has committed in its term (etcd#6259; Raft thesis,"
     " section 6.4, step 1)",
     "log"},
    {"read-joins-earlier-round",
     "a read is confirmed by replies to a heartbeat that was sent before it came", "log"},
    {"read-without-barrier",
     "a linearizable query reads what this node has (Jepsen on etcd 0.4.1: stale reads)",
     "register"},
    {"read-without-quorum",
     "a leader answers reads without asking a quorum (Jepsen on etcd and Consul: stale reads "
     "of a deposed leader)",
     "log"},
    {"rename-not-synced",
     "CURRENT is renamed and its directory not synced (ALICE, OSDI 2014: LevelDB)", "register"},
    {"repaired-segment-not-synced",
     "the repaired last segment takes the old one's place without having been synced (rename "
     "before fsync, ext4 2009)",
     "log"},
    {"rolled-segment-not-synced",
     "a full segment is left unsynced when the next one begins: the wrong file is synced", "log"},
    {"rpc-done-twice",
     "a doubled request between nodes is done twice (exactly-once by the network alone)",
     "register"},
    {"rpc-retried-after-restart",
     "a request is sent again to a node that restarted while it had it", "sparql", "stale-replay"},
    {"retry-in-flight-applied-twice",
     "a repeated update is looked for only among what was applied in earlier batches (Raft thesis, "
     "section 6.3)",
     "append"},
    {"segment-removed-before-trim",
     "old segments go before the record that gives them up is durable", "log"},
    {"segment-removed-with-live-entries",
     "a segment goes although entries in it are still needed (etcd#10219)", "log"},
    {"session-applied-twice-after-restart",
     "a fold writes the quads without the sessions: after a restart their outcomes are forgotten (Raft "
     "thesis, section 6.3)",
     "register"},
    {"session-expires-by-own-clock",
     "each replica expires sessions by its own clock (Raft thesis, section 6.3: leaders' time, agreed on "
     "by the log)",
     "register"},
    {"session-old-sequence-applied",
     "an update below what its session keeps is done, as there is no outcome of it", "register"},
    {"session-outcome-not-in-snapshot",
     "a snapshot comes without the sessions (etcd#10219's kind: part of the state left behind)",
     "register"},
    {"session-retry-reported-as-failed",
     "a node that sends an update on again forgets that the outcome of the first time is unknown",
     "register", "depose"},
    {"session-table-not-cut", "sessions beyond the bound are kept", "register"},
    {"silent-node-wakes-nobody", "groups whose leader's node is dead sleep on under it", "log"},
    {"snapshot-chunk-gap",
     "a snapshot chunk that comes early is staged where the missing one belongs", "log"},
    {"snapshot-install-not-synced", "an installed snapshot is acknowledged before it is durable",
     "register"},
    {"snapshot-keeps-deleted", "a snapshot takes deleted quads along", "register"},
    {"snapshot-keeps-log",
     "the log that contradicts an installed snapshot stays (Raft paper, section 7)", "log"},
    {"snapshot-loses-graphs", "a snapshot puts every quad into the default graph", "graphs"},
    {"snapshot-of-two-streams", "chunks of one snapshot are staged behind those of another", "log"},
    {"snapshot-seen-too-late", "a snapshot's quads are versioned one index behind the snapshot",
     "register"},
    {"snapshot-without-configuration",
     "a snapshot comes without the members that its state has (etcd#7280: configuration and state "
     "apart)",
     "log"},
    {"space-given-twice", "a snapshot is staged in a space that is in use", "register"},
    {"stale-age-from-answer",
     "the age of what a node has is counted from when a question was answered, not asked", "log"},
    {"stale-bound-ignored", "a bounded read takes whatever was once known to be fresh", "log"},
    {"step-down-forgets-vote",
     "a node that steps down within a term forgets its vote in it (CCF#8094; redpanda PR#19)",
     "log"},
    {"sweeps-the-new-space",
     "after a snapshot the space that it came into is swept, not the old one", "register"},
    {"sync-covers-later-writes", "a sync that ends counts for what was written after it began",
     "log"},
    {"term-and-vote-in-two-writes", "the vote is not saved with its term (hashicorp#661)", "log"},
    {"term-block-forgets-tail",
     "the last block of terms is written anew without the terms that it had", "register"},
    {"terms-equal-by-fingerprint", "terms are taken for equal when their fingerprints are",
     "register"},
    {"torn-tail-kept", "a torn record stays in the log, and new ones come behind it", "log"},
    {"trim-loses-vote", "a trimmed log does not write term and vote anew", "log"},
    {"truncated-configuration-kept",
     "a configuration stays in force although its entry was replaced (Scylla: two configurations "
     "truncated at once)",
     "log"},
    {"two-changes-at-once",
     "a second change of members is taken before the first is committed (Raft thesis, section 4.1)",
     "log"},
    {"unknown-reported-as-failed",
     "a forwarded update whose outcome is unknown is reported as not done", "register"},
    {"unknown-reported-as-refused",
     "a proposal that was lost with leadership is reported as not done", "log"},
    {"unsorted-quorum",
     "the quorum's index is taken from progress that is not sorted (openraft#1802)", "log"},
    {"update-on-unready-leader", "a new leader evaluates updates before it has applied its log",
     "mixed"},
    {"update-reads-earlier-view", "an update's WHERE part is evaluated on the view before the last",
     "register"},
    {"view-one-version-back", "a view does not see the changes of its own timestamp", "register"},
    {"vote-without-log-check",
     "a vote does not ask whether the candidate's log is up to date (Raft paper, section "
     "5.4.1)",
     "log"},
    {"voter-without-disk",
     "a learner becomes a voter and the entry does not say on which disk: started empty it is taken "
     "for what it was",
     "log", "lost-disk"},
};

}  // namespace

const std::vector<MutantRow>& MutantTable() {
  static const auto& rows = *new std::vector<MutantRow>([] {
    std::vector<MutantRow> all;
    for (const Planted& planted : kPlanted) all.push_back({planted.name, planted.what});
    return all;
  }());
  return rows;
}

namespace {

const Planted& FindPlanted(std::string_view name) {
  for (const Planted& planted : kPlanted) {
    if (planted.name == name) return planted;
  }
  QR_CHECK(false) << "no mutant " << name;
  return kPlanted[0];
}

}  // namespace

std::string_view ScenarioOfMutant(std::string_view name) { return FindPlanted(name).scenario; }

std::vector<std::string> FaultsOfMutant(std::string_view name) {
  std::vector<std::string> faults;
  std::string_view rest = FindPlanted(name).faults;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(' '), rest.size());
    faults.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return faults;
}

}  // namespace quadraft
