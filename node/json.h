// A few lines of JSON out (RFC 8259): objects of strings and numbers, for /status and error bodies.
//
//   JsonObject o; o.Add("role", "leader"); o.Add("term", uint64_t{7}); o.AddRaw("peers", "[...]"); o.Text()
#ifndef QUADRAFT_NODE_JSON_H_
#define QUADRAFT_NODE_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/strings.h"
#include "sparql/results/escape.h"

namespace quadraft::node {

class JsonObject {
 public:
  void Add(std::string_view key, std::string_view value) {
    std::string quoted;
    sparql::AppendJsonString(&quoted, value);
    AddRaw(key, quoted);
  }
  void Add(std::string_view key, const char* value) { Add(key, std::string_view(value)); }
  void Add(std::string_view key, uint64_t value) { AddRaw(key, StrCat(value)); }
  void AddRaw(std::string_view key, std::string_view json) {
    StrAppend(&text_, text_.empty() ? "" : ", ", "\"", key, "\": ", json);
  }
  std::string Text() const { return StrCat("{", text_, "}"); }

 private:
  std::string text_;
};

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_JSON_H_
