#include "jepsen/txn/txn_history.h"

#include <algorithm>
#include <utility>

namespace quadraft::jepsen {
namespace {

constexpr uint32_t kTextBit = uint32_t{1} << 31;
constexpr uint64_t kIndexMax = std::numeric_limits<uint32_t>::max() - 1;

std::string Place(const Event& event, size_t index) {
  return event.line > 0 ? StrCat("line ", event.line) : StrCat("event ", index);
}

template <typename T>
uint64_t BytesOf(const std::vector<T>& items) {
  return items.capacity() * sizeof(T);
}

}  // namespace

std::string TxnHistory::ValueName(ValueId value) const {
  if (value == kNilValue) return "nil";
  if (value < kTextBit) return StrCat(value);
  return texts_[value - kTextBit];
}

std::string TxnHistory::MopText(const Mop& mop) const {
  const bool is_list = kind_ == TxnKind::kListAppend;
  const std::string key = KeyName(mop.key);
  if (mop.kind == MopKind::kWrite) {
    return StrCat(is_list ? "[:append " : "[:w ", key, " ", ValueName(mop.value), "]");
  }
  if (mop.kind == MopKind::kUnknown) return StrCat("[:r ", key, " ?]");
  if (!is_list) return StrCat("[:r ", key, " ", ValueName(mop.value), "]");
  std::string out = StrCat("[:r ", key, " [");
  // Long lists differ at their end.
  constexpr size_t kShown = 24;
  const auto list = elements(mop);
  const size_t first = list.size() > kShown ? list.size() - kShown : 0;
  if (first > 0) StrAppend(&out, "..", first, " more.. ");
  for (size_t i = first; i < list.size(); ++i) {
    if (i > first) out.push_back(' ');
    out.append(ValueName(list[i]));
  }
  out.append("]]");
  return out;
}

std::string TxnHistory::TxnText(size_t index) const {
  const Txn& txn = txns_[index];
  std::string out = StrCat("process ", processes_[txn.process], " [");
  bool first = true;
  for (const Mop& mop : mops(index)) {
    if (!first) out.push_back(' ');
    first = false;
    out.append(MopText(mop));
  }
  StrAppend(&out, "] (", Name(txn.outcome), ", events ", txn.invoked, " to ");
  if (txn.completed == kNoEvent) {
    out.append("the end)");
  } else {
    StrAppend(&out, txn.completed, ")");
  }
  return out;
}

uint64_t TxnHistory::memory_bytes() const {
  return BytesOf(txns_) + BytesOf(mops_) + BytesOf(elements_) + BytesOf(key_names_) +
         BytesOf(texts_) + BytesOf(invoke_times_) + BytesOf(complete_times_);
}

uint32_t TxnHistoryBuilder::ProcessOf(int64_t process) {
  const auto [found, is_new] =
      process_ids_.try_emplace(process, static_cast<uint32_t>(history_.processes_.size()));
  if (is_new) history_.processes_.push_back(process);
  return found->second;
}

Status TxnHistoryBuilder::Invoke(int64_t process, int64_t time) {
  const auto [found, is_new] = open_.try_emplace(process);
  if (!is_new) {
    return InvalidArgument("event ", history_.events_, ": process ", process,
                           " invokes while its last transaction is still open");
  }
  found->second.txn = static_cast<uint32_t>(history_.txns_.size());
  Txn txn;
  txn.process = ProcessOf(process);
  txn.invoked = history_.events_++;
  history_.txns_.push_back(txn);
  history_.invoke_times_.push_back(time);
  history_.complete_times_.push_back(time);
  return OkStatus();
}

void TxnHistoryBuilder::Close(uint32_t index, EventType outcome) {
  Txn& txn = history_.txns_[index];
  txn.outcome = outcome;
  txn.mop_begin = static_cast<uint32_t>(mops_claimed_);
  mops_claimed_ = history_.mops_.size();
  txn.mop_end = static_cast<uint32_t>(mops_claimed_);
}

Status TxnHistoryBuilder::Complete(int64_t process, EventType outcome, int64_t time) {
  const auto found = open_.find(process);
  if (found == open_.end()) {
    return InvalidArgument("event ", history_.events_, ": process ", process, " completes (",
                           Name(outcome), ") what it did not invoke");
  }
  const uint32_t txn = found->second.txn;
  history_.txns_[txn].completed = history_.events_++;
  history_.complete_times_[txn] = time;
  Close(txn, outcome);
  open_.erase(found);
  return OkStatus();
}

void TxnHistoryBuilder::ReadList(KeyId key, std::span<const ValueId> elements) {
  const auto begin = static_cast<uint32_t>(history_.elements_.size());
  history_.elements_.insert(history_.elements_.end(), elements.begin(), elements.end());
  Push({key, MopKind::kRead, begin, static_cast<uint32_t>(elements.size())});
}

ValueId TxnHistoryBuilder::IntValue(int64_t number) {
  if (number >= 0 && number < int64_t{kTextBit}) return static_cast<ValueId>(number);
  return ValueOf(Value::Int(number));
}

ValueId TxnHistoryBuilder::ValueOf(const Value& value) {
  if (value.is_nil()) return kNilValue;
  if (value.is_int() && value.as_int() >= 0 && value.as_int() < int64_t{kTextBit}) {
    return static_cast<ValueId>(value.as_int());
  }
  std::string text = value.ToString();
  const auto next = static_cast<ValueId>(kTextBit + history_.texts_.size());
  const auto [found, is_new] = text_ids_.try_emplace(std::move(text), next);
  if (is_new) history_.texts_.push_back(found->first);
  return found->second;
}

KeyId TxnHistoryBuilder::KeyOf(ValueId name) {
  const auto [found, is_new] =
      key_ids_.try_emplace(name, static_cast<KeyId>(history_.key_names_.size()));
  if (is_new) history_.key_names_.push_back(name);
  return found->second;
}

Status TxnHistoryBuilder::PushMop(const Value& mop, EventType outcome, bool is_invoke) {
  const bool is_list = history_.kind_ == TxnKind::kListAppend;
  if (!mop.is_sequence() || mop.items().size() < 2 || mop.items().size() > 3 ||
      !mop.items()[0].is_name()) {
    return InvalidArgument("no micro-operation [f key value]: ", mop.ToString());
  }
  const std::string& f = mop.items()[0].text();
  const KeyId key = Key(mop.items()[1]);
  static const Value* const kNil = new Value();
  const Value& value = mop.items().size() == 3 ? mop.items()[2] : *kNil;
  if (is_list ? f == "append" : f == "w" || f == "write") {
    Write(key, ValueOf(value));
    return OkStatus();
  }
  if (f != "r" && f != "read") {
    return InvalidArgument(is_list ? "list-append has :append and :r" : "rw-register has :w and :r",
                           ", not ", mop.ToString());
  }
  // Of a transaction without a result, nil stands for what nobody saw.
  if (is_invoke || outcome == EventType::kFail ||
      (outcome == EventType::kInfo && (!is_list || value.is_nil()))) {
    ReadUnknown(key);
    return OkStatus();
  }
  if (!is_list) {
    Read(key, ValueOf(value));
    return OkStatus();
  }
  if (!value.is_sequence() && !value.is_nil()) {
    return InvalidArgument("a read of a list is a list or nil, not ", mop.ToString());
  }
  scratch_.clear();
  for (const Value& item : value.items()) scratch_.push_back(ValueOf(item));
  ReadList(key, scratch_);
  return OkStatus();
}

Status TxnHistoryBuilder::PushTxn(const Value& value, EventType outcome, bool is_invoke) {
  if (value.is_nil()) return OkStatus();
  if (!value.is_sequence()) {
    return InvalidArgument("no transaction, a list of micro-operations: ", value.ToString());
  }
  for (const Value& mop : value.items()) QR_RETURN_IF_ERROR(PushMop(mop, outcome, is_invoke));
  return OkStatus();
}

Status TxnHistoryBuilder::AddEvent(Event event) {
  if (event.type == EventType::kInvoke) {
    QR_RETURN_IF_ERROR(Invoke(event.process, event.time));
    open_[event.process].invoked = std::move(event.value);
    return OkStatus();
  }
  const auto found = open_.find(event.process);
  if (found == open_.end()) {
    if (event.type == EventType::kInfo) {
      Remark();
      return OkStatus();
    }
    return Complete(event.process, event.type, event.time);
  }
  const bool has_value = !event.value.is_nil();
  const Value& value = has_value ? event.value : found->second.invoked;
  const Status pushed = PushTxn(value, event.type, !has_value);
  if (!pushed.ok()) return Annotate(pushed, Place(event, history_.events_));
  return Complete(event.process, event.type, event.time);
}

StatusOr<TxnHistory> TxnHistoryBuilder::Finish() && {
  std::vector<Open> rest;
  for (auto& [process, open] : open_) rest.push_back(std::move(open));
  std::sort(rest.begin(), rest.end(), [](const Open& a, const Open& b) { return a.txn < b.txn; });
  for (const Open& open : rest) {
    const Status pushed = PushTxn(open.invoked, EventType::kInfo, true);
    if (!pushed.ok()) {
      return Annotate(pushed, StrCat("event ", history_.txns_[open.txn].invoked));
    }
    Close(open.txn, EventType::kInfo);
  }
  open_.clear();
  const uint64_t largest =
      std::max({uint64_t{history_.mops_.size()}, uint64_t{history_.elements_.size()},
                uint64_t{history_.txns_.size()} * 2});
  if (largest > kIndexMax) {
    return ResourceExhausted("a history of ", largest, " items; at most ", kIndexMax, " fit");
  }
  return std::move(history_);
}

StatusOr<TxnHistory> PackHistory(const History& history, TxnKind kind) {
  TxnHistoryBuilder builder(kind);
  for (const Event& event : history.events()) QR_RETURN_IF_ERROR(builder.AddEvent(event));
  return std::move(builder).Finish();
}

StatusOr<TxnHistory> ReadTxnHistoryFile(const std::string& path, TxnKind kind,
                                        const ReadOptions& options) {
  TxnHistoryBuilder builder(kind);
  QR_RETURN_IF_ERROR(ReadEventsOfFile(
      path, options, [&builder](Event event) { return builder.AddEvent(std::move(event)); }));
  return std::move(builder).Finish();
}

}  // namespace quadraft::jepsen
