#include "core/raft/quorum.h"

#include <iterator>
#include <utility>

#include "core/base/strings.h"

namespace quadraft::raft {

NodeSet::NodeSet(std::vector<NodeId> nodes) : nodes_(std::move(nodes)) {
  std::sort(nodes_.begin(), nodes_.end());
  nodes_.erase(std::unique(nodes_.begin(), nodes_.end()), nodes_.end());
}

void NodeSet::Insert(NodeId node) {
  const auto at = std::lower_bound(nodes_.begin(), nodes_.end(), node);
  if (at == nodes_.end() || *at != node) nodes_.insert(at, node);
}

void NodeSet::Erase(NodeId node) {
  const auto at = std::lower_bound(nodes_.begin(), nodes_.end(), node);
  if (at != nodes_.end() && *at == node) nodes_.erase(at);
}

NodeSet Union(const NodeSet& a, const NodeSet& b) {
  std::vector<NodeId> both;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return NodeSet(std::move(both));
}

bool Intersect(const NodeSet& a, const NodeSet& b) {
  return std::any_of(a.begin(), a.end(), [&b](NodeId node) { return b.Contains(node); });
}

size_t DifferenceSize(const NodeSet& a, const NodeSet& b) {
  return 2 * Union(a, b).size() - a.size() - b.size();
}

std::string Describe(const NodeSet& nodes) {
  std::string out = "(";
  for (NodeId node : nodes) StrAppend(&out, out.size() == 1 ? "" : " ", node);
  return out + ")";
}

std::string Describe(const JointMajority& voters) {
  std::string out = Describe(voters.incoming);
  if (voters.joint()) StrAppend(&out, "&&", Describe(voters.outgoing));
  return out;
}

}  // namespace quadraft::raft
