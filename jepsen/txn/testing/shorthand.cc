#include "jepsen/txn/testing/shorthand.h"

#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"

namespace quadraft::jepsen {
namespace {

struct Word {
  int64_t process = 0;
  EventType outcome = EventType::kOk;
  Value invoked;
  Value completed;
};

bool IsResult(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// [f key value] of the letters from `i` on.
Value ParseMop(std::string_view text, TxnKind kind, bool with_result, size_t* i) {
  const char f = text[(*i)++];
  const bool is_read = f == 'r';
  QR_CHECK(is_read || f == 'a' || f == 'w') << text;
  const Value key = Value::Keyword(std::string(1, text[(*i)++]));
  std::vector<Value> results;
  for (; *i < text.size() && IsResult(text[*i]); ++*i) {
    results.push_back(text[*i] == '_' ? Value() : Value::Int(text[*i] - '0'));
  }
  const Value name = Value::Keyword(is_read ? "r" : f == 'a' ? "append" : "w");
  if (is_read && !with_result) return Value::Vector({name, key, Value()});
  if (is_read && kind == TxnKind::kListAppend) {
    return Value::Vector({name, key, Value::Vector(std::move(results))});
  }
  QR_CHECK(results.size() == 1) << text;
  return Value::Vector({name, key, results[0]});
}

Value ParseTxn(std::string_view text, TxnKind kind, bool with_result) {
  std::vector<Value> mops;
  for (size_t i = 0; i < text.size();) mops.push_back(ParseMop(text, kind, with_result, &i));
  return Value::Vector(std::move(mops));
}

Word ParseWord(std::string_view text, TxnKind kind, int64_t process) {
  Word word;
  word.process = process;
  for (size_t colon = text.find(':'); colon != std::string_view::npos; colon = text.find(':')) {
    const std::string_view mark = text.substr(0, colon);
    if (mark == "fail") {
      word.outcome = EventType::kFail;
    } else if (mark == "info") {
      word.outcome = EventType::kInfo;
    } else if (mark != "ok") {
      word.process = mark[0] - '0';
    }
    text.remove_prefix(colon + 1);
  }
  word.invoked = ParseTxn(text, kind, false);
  word.completed = ParseTxn(text, kind, word.outcome == EventType::kOk);
  return word;
}

void Complete(const Word& word, History* history) {
  Event event;
  event.type = word.outcome;
  event.process = word.process;
  event.value = word.completed;
  history->Add(std::move(event));
}

}  // namespace

History FromShorthand(std::string_view text, TxnKind kind, Timing timing) {
  std::vector<Word> words;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    if (space > 0) {
      words.push_back(
          ParseWord(text.substr(0, space), kind, 10 + static_cast<int64_t>(words.size())));
    }
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  History history;
  for (const Word& word : words) {
    history.Invoke(word.process, "txn", word.invoked);
    if (timing == Timing::kSequential) Complete(word, &history);
  }
  if (timing == Timing::kConcurrent) {
    for (const Word& word : words) Complete(word, &history);
  }
  return history;
}

}  // namespace quadraft::jepsen
