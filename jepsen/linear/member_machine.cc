#include "jepsen/linear/member_machine.h"

#include <algorithm>
#include <utility>

#include "core/base/strings.h"
#include "jepsen/linear/intern.h"

namespace quadraft::jepsen {
namespace {

constexpr size_t kMembersShown = 12;

using Bits = std::vector<uint64_t>;

// A state that holds a member which is never taken out and which no observation allows is like
// every other such state: nothing can be observed any more. They are one state, kLost, so that the
// orders of what nobody saw are not told apart.
class MemberMachine : public Machine {
 public:
  MemberMachine(std::vector<std::string> names, std::vector<MemberStep> steps)
      : names_(std::move(names)), steps_(std::move(steps)), words_((names_.size() + 63) / 64) {
    lasting_.assign(words_, ~uint64_t{0});
    for (const MemberStep& step : steps_) {
      for (const uint32_t member : step.removed) lasting_[member / 64] &= ~BitOf(member);
      std::string text = step.is_any ? "any " : "";
      for (const auto* list : {&step.present, &step.absent, &step.removed, &step.added}) {
        for (const uint32_t member : *list) StrAppend(&text, member, " ");
        text += ";";
      }
      classes_.push_back(class_table_.Id(text));
    }
    for (const MemberStep& step : steps_) {
      if (!IsLook(step)) continue;
      Bits forbidden(words_, 0);
      for (const uint32_t member : step.absent) forbidden[member / 64] |= BitOf(member);
      looks_.push_back(std::move(forbidden));
    }
    initial_ = Intern(Bits(words_, 0));
  }

  uint32_t initial() const override { return initial_; }
  uint32_t Step(uint32_t state, size_t index) override {
    const MemberStep& step = steps_[index];
    if (state == kLost) return IsLook(step) ? kImpossible : kLost;
    const Bits& there = states_[state];
    const auto is_there = [&there](uint32_t member) { return Has(there, member); };
    const bool fits = step.is_any ? std::any_of(step.present.begin(), step.present.end(), is_there)
                                  : std::all_of(step.present.begin(), step.present.end(), is_there);
    if (!fits) return kImpossible;
    for (const uint32_t member : step.absent) {
      if (Has(states_[state], member)) return kImpossible;
    }
    if (IsPure(index)) return state;
    const uint64_t question = (uint64_t{state} << 32) | classes_[index];
    const auto found = answers_.find(question);
    if (found != answers_.end()) return found->second;
    Bits bits = states_[state];
    for (const uint32_t member : step.removed) bits[member / 64] &= ~BitOf(member);
    for (const uint32_t member : step.added) bits[member / 64] |= BitOf(member);
    const uint32_t after = Intern(std::move(bits));
    answers_.emplace(question, after);
    return after;
  }
  bool IsPure(size_t index) const override {
    return steps_[index].removed.empty() && steps_[index].added.empty();
  }
  bool IsTotal(size_t index) const override { return !IsLook(steps_[index]); }
  bool IsBlind(size_t index) const override {
    const MemberStep& step = steps_[index];
    return IsTotal(index) && std::max(step.removed.size(), step.added.size()) == names_.size();
  }
  uint64_t Class(size_t index) const override { return classes_[index]; }
  std::string Describe(uint32_t state) const override {
    if (state == kLost) return "members that no read ever saw together";
    std::vector<uint32_t> members;
    for (uint32_t member = 0; member < names_.size(); ++member) {
      if (Has(states_[state], member)) members.push_back(member);
    }
    return members.empty() ? "nothing in it" : StrCat("members ", List(members));
  }
  std::string Refusal(uint32_t state, size_t index) const override {
    const MemberStep& step = steps_[index];
    if (state == kLost) return "it looks, and what is there no read ever saw";
    if (step.is_any) return "it saw something, and nothing of the kind is there";
    std::vector<uint32_t> missing;
    std::vector<uint32_t> extra;
    for (const uint32_t member : step.present) {
      if (!Has(states_[state], member)) missing.push_back(member);
    }
    for (const uint32_t member : step.absent) {
      if (Has(states_[state], member)) extra.push_back(member);
    }
    std::string out;
    if (!missing.empty()) out = StrCat("it saw ", List(missing), ", not there");
    if (!extra.empty()) {
      StrAppend(&out, missing.empty() ? "" : "; ", "it did not see ", List(extra), ", there");
    }
    return out;
  }

 private:
  static constexpr uint32_t kLost = kImpossible - 1;

  static uint64_t BitOf(uint32_t member) { return uint64_t{1} << (member % 64); }
  static bool Has(const Bits& bits, uint32_t member) {
    return (bits[member / 64] & BitOf(member)) != 0;
  }
  static bool IsLook(const MemberStep& step) {
    return step.is_any || !step.present.empty() || !step.absent.empty();
  }
  std::string List(const std::vector<uint32_t>& members) const {
    std::string out;
    const size_t shown = std::min(members.size(), kMembersShown);
    for (size_t i = 0; i < shown; ++i) StrAppend(&out, i > 0 ? ", " : "", names_[members[i]]);
    if (shown < members.size()) StrAppend(&out, " and ", members.size() - shown, " more");
    return out;
  }
  bool IsLost(const Bits& bits) const {
    for (const Bits& forbidden : looks_) {
      uint64_t against = 0;
      for (size_t i = 0; i < words_; ++i) against |= bits[i] & lasting_[i] & forbidden[i];
      if (against == 0) return false;
    }
    return true;
  }
  uint32_t Intern(Bits bits) {
    const std::string_view text(reinterpret_cast<const char*>(bits.data()),
                                bits.size() * sizeof(uint64_t));
    const uint32_t id = state_table_.Id(text);
    if (id < states_.size()) return is_lost_[id] ? kLost : id;
    is_lost_.push_back(IsLost(bits));
    states_.push_back(std::move(bits));
    return is_lost_[id] ? kLost : id;
  }

  std::vector<std::string> names_;
  std::vector<MemberStep> steps_;
  size_t words_;
  uint32_t initial_ = 0;
  Bits lasting_;             // Members that are never taken out.
  std::vector<Bits> looks_;  // Per observing step, what must not be there.
  TextTable class_table_;
  std::vector<uint32_t> classes_;
  TextTable state_table_;
  std::vector<Bits> states_;
  std::vector<bool> is_lost_;
  absl::flat_hash_map<uint64_t, uint32_t> answers_;  // Never iterated.
};

}  // namespace

void Normalize(std::vector<uint32_t>* members) {
  std::sort(members->begin(), members->end());
  members->erase(std::unique(members->begin(), members->end()), members->end());
}

std::unique_ptr<Machine> MakeMemberMachine(std::vector<std::string> names,
                                           std::vector<MemberStep> steps) {
  return std::make_unique<MemberMachine>(std::move(names), std::move(steps));
}

}  // namespace quadraft::jepsen
