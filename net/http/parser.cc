#include "net/http/parser.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/strings.h"

namespace quadraft::http {
namespace {

constexpr int kGoOn = 0;
constexpr int kStop = -1;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// RFC 9110 section 5.6.2. llhttp's loose mode lets spaces into names, which smuggles requests past proxies.
bool IsTokenChar(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return true;
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// "http://host/path" (absolute form) and "/path#fragment" become "/path".
std::string_view OriginForm(std::string_view target) {
  target = target.substr(0, target.find('#'));
  const size_t scheme = target.find("://");
  if (target.empty() || target[0] == '/' || scheme == target.npos) return target;
  const size_t path = target.find_first_of("/?", scheme + 3);
  return path == target.npos ? "/" : target.substr(path);
}

}  // namespace

struct MessageParser::Hooks {
  static MessageParser* Self(llhttp_t* parser) { return static_cast<MessageParser*>(parser->data); }

  static int OnBegin(llhttp_t* parser) {
    Self(parser)->started_ = true;
    return kGoOn;
  }
  static int OnTarget(llhttp_t* parser, const char* at, size_t length) {
    MessageParser* self = Self(parser);
    if (self->target_.size() + length > self->limits_.target_bytes_max) {
      return self->Fail(414, StrCat("target longer than ", self->limits_.target_bytes_max, " bytes"));
    }
    self->target_.append(at, length);
    return kGoOn;
  }
  static int OnName(llhttp_t* parser, const char* at, size_t length) {
    MessageParser* self = Self(parser);
    if (!self->CountOverhead(length)) return kStop;
    if (self->state_ != State::kHead) return kGoOn;  // A trailer: read over.
    Headers& headers = self->message_.headers;
    if (headers.empty() || self->in_value_) {
      if (headers.size() == self->limits_.header_count_max) {
        return self->Fail(431, StrCat("more than ", self->limits_.header_count_max, " headers"));
      }
      headers.emplace_back();
      self->in_value_ = false;
    }
    for (size_t i = 0; i < length; ++i) headers.back().first.push_back(Lower(at[i]));
    return kGoOn;
  }
  static int OnValue(llhttp_t* parser, const char* at, size_t length) {
    MessageParser* self = Self(parser);
    if (!self->CountOverhead(length)) return kStop;
    if (self->state_ != State::kHead) return kGoOn;
    self->in_value_ = true;
    self->message_.headers.back().second.append(at, length);
    return kGoOn;
  }
  static int OnValueEnd(llhttp_t* parser) {  // Also of a header without a value.
    Self(parser)->in_value_ = true;
    return kGoOn;
  }
  static int OnExtension(llhttp_t* parser, const char*, size_t length) {
    return Self(parser)->CountOverhead(length) ? kGoOn : kStop;
  }
  static int OnHeadComplete(llhttp_t* parser) { return Self(parser)->OnHeadComplete(); }
  static int OnBody(llhttp_t* parser, const char* at, size_t length) {
    return Self(parser)->OnBody({at, length});
  }
  static int OnComplete(llhttp_t* parser) {
    MessageParser* self = Self(parser);
    if (self->state_ == State::kFailed) return kStop;
    self->state_ = State::kComplete;
    return HPE_PAUSED;
  }

  static const llhttp_settings_t* Settings() {
    static const llhttp_settings_t settings = [] {
      llhttp_settings_t s;
      llhttp_settings_init(&s);
      s.on_message_begin = OnBegin;
      s.on_url = OnTarget;
      s.on_header_field = OnName;
      s.on_header_value = OnValue;
      s.on_header_value_complete = OnValueEnd;
      s.on_chunk_extension_name = OnExtension;
      s.on_chunk_extension_value = OnExtension;
      s.on_headers_complete = OnHeadComplete;
      s.on_body = OnBody;
      s.on_message_complete = OnComplete;
      return s;
    }();
    return &settings;
  }
};

MessageParser::MessageParser(Kind kind, ParserLimits limits) : kind_(kind), limits_(limits) {
  Reset();
}

void MessageParser::Reset() {
  llhttp_init(&parser_, kind_ == kRequest ? HTTP_REQUEST : HTTP_RESPONSE, Hooks::Settings());
  parser_.data = this;
  state_ = State::kHead;
  error_ = {};
  message_ = {};
  target_.clear();
  status_ = 0;
  started_ = keep_alive_ = http_1_0_ = chunked_ = in_value_ = false;
  content_length_ = body_bytes_ = 0;
  overhead_bytes_ = raw_head_bytes_ = 0;
}

int MessageParser::Fail(int status, std::string message) {
  if (state_ != State::kFailed) {
    state_ = State::kFailed;
    error_ = {status, std::move(message)};
  }
  return kStop;
}

bool MessageParser::CountOverhead(size_t bytes) {
  overhead_bytes_ += bytes;
  if (overhead_bytes_ <= limits_.head_bytes_max) return true;
  Fail(431, StrCat("head longer than ", limits_.head_bytes_max, " bytes"));
  return false;
}

size_t MessageParser::Feed(std::string_view bytes) {
  QR_CHECK(state_ == State::kHead || state_ == State::kBody) << "fed after the end";
  if (bytes.data() == nullptr) bytes = "";  // Nothing more to feed can still complete a message without a body.
  const llhttp_errno_t code = llhttp_execute(&parser_, bytes.data(), bytes.size());
  if (code == HPE_OK) {
    if (state_ == State::kHead) {  // Spaces and line ends pass by every callback: count what was fed.
      raw_head_bytes_ += bytes.size();
      if (raw_head_bytes_ > limits_.head_bytes_max) {
        Fail(431, StrCat("head longer than ", limits_.head_bytes_max, " bytes"));
      }
    }
    return bytes.size();
  }
  if (code == HPE_PAUSED) {
    const size_t used = llhttp_get_error_pos(&parser_) - bytes.data();
    llhttp_resume(&parser_);
    return used;
  }
  FailFromLlhttp(code);
  return bytes.size();
}

void MessageParser::FeedEnd() {
  if (state_ == State::kComplete || state_ == State::kFailed) return;
  const llhttp_errno_t code = llhttp_finish(&parser_);
  if (state_ == State::kComplete) return;
  if (code != HPE_OK || started_) Fail(400, "the stream ended within a message");
}

void MessageParser::FailFromLlhttp(int code) {
  if (state_ == State::kFailed) return;  // Our own callback refused with a better reason.
  const char* reason = llhttp_get_error_reason(&parser_);
  const std::string what = StrCat("malformed HTTP: ", reason != nullptr ? reason : "unknown");
  Fail(code == HPE_INVALID_VERSION || code == HPE_PAUSED_H2_UPGRADE ? 505 : 400, what);
}

int MessageParser::OnHeadComplete() {
  if (CheckHead() == kStop) return kStop;
  // We never switch protocols: an Upgrade header is ignored (RFC 9110 section 7.8).
  parser_.upgrade = 0;
  state_ = State::kBody;
  keep_alive_ = llhttp_should_keep_alive(&parser_) != 0;
  chunked_ = (parser_.flags & F_CHUNKED) != 0;
  if (!chunked_ && (parser_.flags & F_CONTENT_LENGTH) != 0) content_length_ = parser_.content_length;
  // RFC 9112 section 6.3: these have no body whatever their headers say.
  if (no_body_ || (kind_ == kResponse && (status_ < 200 || status_ == 204 || status_ == 304))) {
    content_length_ = 0;
    chunked_ = false;
    return 1;
  }
  if (!body_sink_ && content_length_ > limits_.body_bytes_max) {
    return Fail(413, StrCat("body longer than ", limits_.body_bytes_max, " bytes"));
  }
  return stop_after_head_ ? HPE_PAUSED : kGoOn;
}

int MessageParser::CheckHead() {
  if (parser_.http_major != 1 || parser_.http_minor > 1) return Fail(505, "only HTTP/1.0 and 1.1");
  http_1_0_ = parser_.http_minor == 0;
  for (const auto& [name, value] : message_.headers) {
    if (name.empty() || !std::all_of(name.begin(), name.end(), IsTokenChar)) {
      return Fail(400, "malformed HTTP: bad header name");
    }
  }
  if (kind_ == kResponse) {
    status_ = parser_.status_code;
    return kGoOn;
  }
  message_.method = llhttp_method_name(static_cast<llhttp_method_t>(parser_.method));
  if (parser_.method == HTTP_CONNECT) return Fail(501, "CONNECT is not supported");
  int hosts = 0;
  for (const auto& [name, value] : message_.headers) hosts += name == "host" ? 1 : 0;
  if (hosts > 1 || (hosts == 0 && !http_1_0_)) return Fail(400, "one Host header is needed");
  // RFC 9112 section 6.1: with a transfer coding that we do not know, the length is not known either.
  if (const std::string_view coding = Find(message_.headers, "transfer-encoding");
      !coding.empty() && (coding.size() != 7 || !std::equal(coding.begin(), coding.end(), "chunked",
                                             [](char a, char b) { return Lower(a) == b; }))) {
    return Fail(501, "only the chunked transfer coding is supported");
  }
  const std::string_view target = OriginForm(target_);
  const size_t question = std::min(target.find('?'), target.size());
  message_.path = std::string(target.substr(0, question));
  if (message_.path.empty()) message_.path = "/";
  if (question < target.size()) message_.query = std::string(target.substr(question + 1));
  return kGoOn;
}

int MessageParser::OnBody(std::string_view piece) {
  if (body_sink_) return body_sink_(piece) ? kGoOn : Fail(503, "too many bytes of bodies at once");
  body_bytes_ += piece.size();
  if (body_bytes_ > limits_.body_bytes_max) {
    return Fail(413, StrCat("body longer than ", limits_.body_bytes_max, " bytes"));
  }
  message_.body.append(piece);
  return kGoOn;
}

}  // namespace quadraft::http
