// A set of RDF quads (or triples: any fixed arity), as SPARQL sees it: insert [quad ...],
// delete [quad ...], update {"delete" [quad ...] "insert" [quad ...]} (the deletion first, both at
// once), match pattern -> [quad ...], ask pattern -> true or false. A quad is a vector of terms, a
// pattern one with nil for what may be anything. Empty at first.
#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "jepsen/linear/intern.h"
#include "jepsen/linear/member_machine.h"
#include "jepsen/linear/model.h"

namespace quadraft::jepsen {
namespace {

bool Matches(const Value& pattern, const Value& quad) {
  const auto& wanted = pattern.items();
  const auto& terms = quad.items();
  if (wanted.size() != terms.size()) return false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i].is_nil() && !(wanted[i] == terms[i])) return false;
  }
  return true;
}

// What one operation says, taken apart; nullopt: none of the model's.
struct Parsed {
  const std::vector<Value>* inserted = nullptr;
  const std::vector<Value>* deleted = nullptr;
  const Value* pattern = nullptr;
  const std::vector<Value>* seen = nullptr;  // Of a match with a known result.
  std::optional<bool> answer;                // Of an ask with a known result.
};

const std::vector<Value>* Quads(const Value& value) {
  if (!value.is_sequence() && value.kind() != Value::Kind::kSet) return nullptr;
  for (const Value& item : value.items()) {
    if (!item.is_sequence()) return nullptr;
  }
  return &value.items();
}

std::optional<Parsed> Parse(const Operation& operation) {
  Parsed parsed;
  const bool is_known = operation.outcome == EventType::kOk;
  if (operation.f == "insert" || operation.f == "delete") {
    auto& quads = operation.f == "insert" ? parsed.inserted : parsed.deleted;
    quads = Quads(operation.input);
    return quads == nullptr ? std::nullopt : std::optional(parsed);
  }
  if (operation.f == "update") {
    const Value* deleted = operation.input.Find("delete");
    const Value* inserted = operation.input.Find("insert");
    if (deleted != nullptr) parsed.deleted = Quads(*deleted);
    if (inserted != nullptr) parsed.inserted = Quads(*inserted);
    if ((deleted != nullptr && parsed.deleted == nullptr) ||
        (inserted != nullptr && parsed.inserted == nullptr) || !operation.input.is_map()) {
      return std::nullopt;
    }
    return parsed;
  }
  if ((operation.f != "match" && operation.f != "ask") || !operation.input.is_sequence()) {
    return std::nullopt;
  }
  parsed.pattern = &operation.input;
  if (!is_known) return parsed;
  if (operation.f == "match") {
    parsed.seen = Quads(operation.output);
    if (parsed.seen == nullptr) return std::nullopt;
  } else {
    if (operation.output.kind() != Value::Kind::kBool) return std::nullopt;
    parsed.answer = operation.output.as_bool();
  }
  return parsed;
}

// All quads that a history names, and which of them a pattern may be about. Patterns that fix one
// position (nearly all do) look among the quads with that term there.
class Universe {
 public:
  void Take(const Parsed& parsed) {
    for (const auto* quads : {parsed.inserted, parsed.deleted, parsed.seen}) {
      if (quads == nullptr) continue;
      for (const Value& quad : *quads) IdOf(quad);
    }
  }
  uint32_t IdOf(const Value& quad) {
    const uint32_t id = table_.Id(quad);
    if (id == quads_.size()) {
      quads_.push_back(&quad);
      for (size_t i = 0; i < quad.items().size(); ++i) {
        by_term_[{i, quad.items()[i].ToString()}].push_back(id);
      }
    }
    return id;
  }
  std::vector<uint32_t> Matching(const Value& pattern) const {
    const std::vector<uint32_t>* among = nullptr;
    for (size_t i = 0; i < pattern.items().size(); ++i) {
      if (pattern.items()[i].is_nil()) continue;
      const auto found = by_term_.find({i, pattern.items()[i].ToString()});
      if (found == by_term_.end()) return {};
      if (among == nullptr || found->second.size() < among->size()) among = &found->second;
    }
    std::vector<uint32_t> matching;
    const size_t count = among == nullptr ? quads_.size() : among->size();
    for (size_t i = 0; i < count; ++i) {
      const uint32_t id = among == nullptr ? static_cast<uint32_t>(i) : (*among)[i];
      if (Matches(pattern, *quads_[id])) matching.push_back(id);
    }
    return matching;
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (uint32_t id = 0; id < quads_.size(); ++id) names.push_back(table_.text(id));
    return names;
  }

 private:
  ValueTable table_;
  std::vector<const Value*> quads_;
  std::map<std::pair<size_t, std::string>, std::vector<uint32_t>> by_term_;
};

std::vector<uint32_t> Touched(const Parsed& parsed, Universe* universe) {
  std::vector<uint32_t> touched;
  for (const auto* quads : {parsed.inserted, parsed.deleted, parsed.seen}) {
    if (quads == nullptr) continue;
    for (const Value& quad : *quads) touched.push_back(universe->IdOf(quad));
  }
  if (parsed.pattern != nullptr) {
    for (const uint32_t id : universe->Matching(*parsed.pattern)) touched.push_back(id);
  }
  return touched;
}

class QuadModelImpl : public Model {
 public:
  std::string_view name() const override { return "quad-set"; }

  // Quads that one operation touches or may see belong together. What touches no quad of the
  // history stands alone.
  Objects Split(const std::vector<Operation>& operations) const override {
    Universe universe;
    std::vector<std::optional<Parsed>> all;
    for (const Operation& operation : operations) {
      all.push_back(Parse(operation));
      // What is wrong is said by Compile; it must see it.
      if (!all.back().has_value()) return Model::Split(operations);
      universe.Take(*all.back());
    }
    UnionFind together;
    std::vector<uint32_t> first;
    for (const auto& parsed : all) {
      const std::vector<uint32_t> touched = Touched(*parsed, &universe);
      first.push_back(touched.empty() ? Objects::kNone : touched[0]);
      for (const uint32_t id : touched) together.Join(touched[0], id);
    }
    const std::vector<std::string> names = universe.Names();
    ObjectMaker maker;
    for (size_t i = 0; i < all.size(); ++i) {
      if (first[i] != Objects::kNone) {
        maker.Put(Value::String(StrCat("with ", names[together.Find(first[i])])));
      } else if (all[i]->pattern != nullptr && operations[i].outcome == EventType::kOk) {
        maker.Put(Value::String(StrCat("like ", all[i]->pattern->ToString())));
      } else {
        maker.PutNowhere();
      }
    }
    return maker.Take();
  }

  StatusOr<std::unique_ptr<Machine>> Compile(
      const std::vector<const Operation*>& operations) const override {
    Universe universe;
    std::vector<Parsed> all;
    for (const Operation* operation : operations) {
      const std::optional<Parsed> parsed = Parse(*operation);
      if (!parsed.has_value()) {
        return InvalidArgument(
            "not an operation of a quad-set (insert [q ...], delete [q ...], update {:delete [q "
            "...] :insert [q ...]}, match pattern -> [q ...], ask pattern -> true): ",
            operation->ToString());
      }
      universe.Take(*parsed);
      all.push_back(*parsed);
    }
    std::vector<MemberStep> steps;
    for (const Parsed& parsed : all) {
      QR_ASSIGN_OR_RETURN(MemberStep step, StepOf(parsed, &universe));
      steps.push_back(std::move(step));
    }
    return MakeMemberMachine(universe.Names(), std::move(steps));
  }

 private:
  static StatusOr<MemberStep> StepOf(const Parsed& parsed, Universe* universe) {
    MemberStep step;
    if (parsed.deleted != nullptr) {
      for (const Value& quad : *parsed.deleted) step.removed.push_back(universe->IdOf(quad));
    }
    if (parsed.inserted != nullptr) {
      for (const Value& quad : *parsed.inserted) step.added.push_back(universe->IdOf(quad));
    }
    if (parsed.pattern != nullptr) {
      std::vector<uint32_t> matching = universe->Matching(*parsed.pattern);
      if (parsed.seen != nullptr) {
        for (const Value& quad : *parsed.seen) {
          if (!Matches(*parsed.pattern, quad)) {
            return InvalidArgument("match ", parsed.pattern->ToString(), " cannot give ",
                                   quad.ToString());
          }
          step.present.push_back(universe->IdOf(quad));
        }
        Normalize(&step.present);
        std::set_difference(matching.begin(), matching.end(), step.present.begin(),
                            step.present.end(), std::back_inserter(step.absent));
      } else if (parsed.answer.has_value()) {
        step.is_any = *parsed.answer;
        (step.is_any ? step.present : step.absent) = std::move(matching);
      }
    }
    for (auto* list : {&step.removed, &step.added}) Normalize(list);
    return step;
  }
};

}  // namespace

std::unique_ptr<Model> QuadModel() { return std::make_unique<QuadModelImpl>(); }

}  // namespace quadraft::jepsen
