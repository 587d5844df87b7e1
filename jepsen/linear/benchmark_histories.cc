#include "jepsen/linear/benchmark_histories.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/strings.h"
#include "core/env/random.h"

namespace quadraft::jepsen {
namespace {

// What the real object holds: each shape uses its own member.
struct Object {
  Value value;
  std::string text;
  std::set<int64_t> members;
  std::deque<int64_t> queue;
};

struct Client {
  bool busy = false;
  bool applied = false;
  bool happens = true;  // A crashed operation may not.
  bool crashes = false;
  bool possible = true;
  int64_t process = 0;
  std::string f;
  int key = 0;
  Value input;
  Value output;
};

class Maker {
 public:
  explicit Maker(const HistorySpec& spec)
      : spec_(spec),
        random_(spec.seed, "histories"),
        clients_(static_cast<size_t>(spec.clients)),
        objects_(static_cast<size_t>(spec.keys)),
        next_process_(spec.clients) {
    for (size_t i = 0; i < clients_.size(); ++i) clients_[i].process = static_cast<int64_t>(i);
  }

  History Make();

 private:
  Value Small() { return Value::Int(static_cast<int64_t>(random_.Below(spec_.values))); }
  Value Fresh() { return Value::Int(next_fresh_++); }
  std::pair<std::string, Value> NewOp();
  void Apply(Client* client);
  void ApplyRegister(Object* object, Client* client);
  void ApplySet(Object* object, Client* client);
  void Start(Client* client);
  void Finish(Client* client);
  Value KeyOf(int key) const { return spec_.keys == 1 ? Value() : Value::Int(key); }

  const HistorySpec& spec_;
  Random random_;
  std::vector<Client> clients_;
  std::vector<Object> objects_;
  int64_t next_process_;
  int64_t next_fresh_ = 0;
  int started_ = 0;
  int64_t time_ = 0;
  History history_;
};

std::pair<std::string, Value> Maker::NewOp() {
  const uint64_t dice = random_.Below(100);
  switch (spec_.shape) {
    case Shape::kRegister:
      if (dice < 34) return {"read", Value()};
      if (dice < 67) return {"write", Small()};
      return {"cas", Value::Vector({Small(), Small()})};
    case Shape::kKv:
      if (dice < 45) return {"get", Value()};
      return {dice < 46 ? "put" : "append", Value::String(StrCat("x ", next_fresh_++, " y"))};
    case Shape::kSet:
      if (dice < 60) return {"add", Fresh()};
      if (dice < 80)
        return {"remove", Value::Int(static_cast<int64_t>(
                              random_.Below(static_cast<uint64_t>(next_fresh_) + 1)))};
      return {"read", Value()};
    case Shape::kQueue:
      if (dice < 55) return {"enqueue", Fresh()};
      return {"dequeue", Value()};
  }
  QR_CHECK(false);
}

void Maker::ApplyRegister(Object* object, Client* client) {
  if (client->f == "read") {
    client->output = object->value;
  } else if (client->f == "write") {
    object->value = client->input;
  } else if (object->value == client->input.items()[0]) {
    object->value = client->input.items()[1];
  } else {
    client->possible = false;
  }
}

void Maker::ApplySet(Object* object, Client* client) {
  if (client->f == "add") {
    object->members.insert(client->input.as_int());
  } else if (client->f == "remove") {
    object->members.erase(client->input.as_int());
  } else {
    std::vector<Value> members;
    for (const int64_t member : object->members) members.push_back(Value::Int(member));
    client->output = Value::Vector(std::move(members));
  }
}

void Maker::Apply(Client* client) {
  client->applied = true;
  if (!client->happens) return;
  Object& object = objects_[static_cast<size_t>(client->key)];
  client->output = client->input;
  switch (spec_.shape) {
    case Shape::kRegister:
      return ApplyRegister(&object, client);
    case Shape::kKv:
      if (client->f == "get") {
        client->output = Value::String(object.text);
      } else {
        if (client->f == "put") object.text.clear();
        object.text += client->input.text();
      }
      return;
    case Shape::kSet:
      return ApplySet(&object, client);
    case Shape::kQueue:
      if (client->f == "enqueue") {
        object.queue.push_back(client->input.as_int());
      } else if (object.queue.empty()) {
        client->possible = false;
      } else {
        client->output = Value::Int(object.queue.front());
        object.queue.pop_front();
      }
      return;
  }
}

void Maker::Start(Client* client) {
  ++started_;
  client->busy = true;
  client->applied = false;
  client->possible = true;
  client->crashes = random_.Below(1000) < static_cast<uint64_t>(spec_.info_per_mille);
  client->happens = !client->crashes || random_.OneIn(2);
  client->key = static_cast<int>(random_.Below(static_cast<uint64_t>(spec_.keys)));
  std::tie(client->f, client->input) = NewOp();
  client->output = Value();
  history_.Invoke(client->process, client->f, client->input, ++time_, KeyOf(client->key));
}

void Maker::Finish(Client* client) {
  client->busy = false;
  if (client->crashes) {
    history_.Info(client->process, ++time_);
    client->process = next_process_++;
  } else if (!client->possible) {
    history_.Fail(client->process, ++time_);
  } else {
    history_.Ok(client->process, client->output, ++time_);
  }
}

History Maker::Make() {
  size_t busy = 0;
  while (started_ < spec_.operations || busy > 0) {
    Client& client = clients_[random_.Below(clients_.size())];
    if (!client.busy) {
      if (started_ == spec_.operations) continue;
      Start(&client);
      ++busy;
    } else if (!client.applied) {
      Apply(&client);
    } else {
      Finish(&client);
      --busy;
    }
  }
  if (spec_.lie) {
    const bool is_kv = spec_.shape == Shape::kKv;
    history_.Invoke(0,
                    is_kv                          ? "get"
                    : spec_.shape == Shape::kQueue ? "dequeue"
                                                   : "read",
                    Value(), ++time_, KeyOf(0));
    const Value never = Value::Int(-1);
    history_.Ok(0,
                is_kv                        ? Value::String("never")
                : spec_.shape == Shape::kSet ? Value::Vector({never})
                                             : never,
                ++time_);
  }
  return std::move(history_);
}

}  // namespace

History MakeHistory(const HistorySpec& spec) { return Maker(spec).Make(); }

}  // namespace quadraft::jepsen
