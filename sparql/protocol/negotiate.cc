#include "sparql/protocol/negotiate.h"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "sparql/protocol/errors.h"

namespace quadraft::sparql {
namespace {

struct Offer {
  std::string_view media_type;
  ResultFormat format;
};
constexpr Offer kTableOffers[] = {
    {"application/sparql-results+json", ResultFormat::kJson},
    {"application/json", ResultFormat::kJson},
    {"application/sparql-results+xml", ResultFormat::kXml},
    {"application/xml", ResultFormat::kXml},
    {"text/csv", ResultFormat::kCsv},
    {"text/tab-separated-values", ResultFormat::kTsv},
};
constexpr Offer kTripleOffers[] = {
    {"text/turtle", ResultFormat::kTurtle},
    {"application/n-triples", ResultFormat::kNTriples},
    {"application/n-quads", ResultFormat::kNQuads},
    {"text/plain", ResultFormat::kNTriples},
};
constexpr Offer kQuadOffers[] = {{"application/n-quads", ResultFormat::kNQuads}};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Cuts the part before `separator` off *rest and trims it.
std::string_view TakePart(std::string_view* rest, char separator) {
  const size_t end = std::min(rest->find(separator), rest->size());
  const std::string_view part = rest->substr(0, end);
  rest->remove_prefix(std::min(end + 1, rest->size()));
  return Trim(part);
}

// The value of the parameter, without quotes; nullopt when absent.
std::optional<std::string> Parameter(std::string_view content_type, std::string_view lower_name) {
  TakePart(&content_type, ';');
  while (!content_type.empty()) {
    std::string_view field = TakePart(&content_type, ';');
    if (Lower(TakePart(&field, '=')) != lower_name) continue;
    std::string_view value = Trim(field);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    return Lower(value);
  }
  return std::nullopt;
}

struct MediaRange {
  std::string type;  // "text/*"
  int thousandths;   // The weight q.
};

// "0.25" -> 250; what is not a weight counts as 1 (RFC 9110 would let us refuse; being lenient
// costs nothing).
int ParseWeight(const std::optional<std::string>& text) {
  if (!text.has_value() || text->empty() || ((*text)[0] != '0' && (*text)[0] != '1')) return 1000;
  int weight = ((*text)[0] - '0') * 1000;
  int unit = 100;
  for (size_t i = 2; i < text->size() && unit > 0 && (*text)[1] == '.'; ++i, unit /= 10) {
    if ((*text)[i] < '0' || (*text)[i] > '9') break;
    weight += ((*text)[i] - '0') * unit;
  }
  return std::min(weight, 1000);
}

std::vector<MediaRange> ParseAccept(std::string_view accept) {
  std::vector<MediaRange> ranges;
  while (!accept.empty() && ranges.size() < kMediaRangesMax) {
    const std::string_view range = TakePart(&accept, ',');
    if (range.empty()) continue;
    ranges.push_back({MediaTypeOf(range), ParseWeight(Parameter(range, "q"))});
  }
  return ranges;
}

// How well the range names the type: 3 exactly, 2 by "type/*", 1 by "*/*", 0 not at all.
int Specificity(std::string_view range, std::string_view type) {
  if (range == type) return 3;
  if (range == "*/*" || range == "*") return 1;
  const size_t slash = type.find('/');
  return range.size() == slash + 2 && range.ends_with("/*") &&
                 range.substr(0, slash) == type.substr(0, slash)
             ? 2
             : 0;
}

int WeightOf(std::string_view type, const std::vector<MediaRange>& ranges) {
  int best = 0, weight = 0;
  for (const MediaRange& range : ranges) {
    const int specificity = Specificity(range.type, type);
    if (specificity <= best) continue;
    best = specificity;
    weight = range.thousandths;
  }
  return weight;
}

StatusOr<ResultFormat> Negotiate(std::span<const Offer> offers, std::string_view accept) {
  const std::vector<MediaRange> ranges = ParseAccept(accept);
  if (ranges.empty()) return offers.front().format;
  const Offer* best = nullptr;
  int best_weight = 0;
  std::string names;
  for (const Offer& offer : offers) {
    StrAppend(&names, names.empty() ? "" : ", ", offer.media_type);
    const int weight = WeightOf(offer.media_type, ranges);
    if (weight <= best_weight) continue;
    best = &offer;
    best_weight = weight;
  }
  if (best == nullptr) return NotAcceptable(accept, names);
  return best->format;
}

}  // namespace

StatusOr<ResultFormat> NegotiateFormat(QueryForm form, std::string_view accept) {
  const bool table = form == QueryForm::kSelect || form == QueryForm::kAsk;
  return table ? Negotiate(kTableOffers, accept) : Negotiate(kTripleOffers, accept);
}

StatusOr<ResultFormat> NegotiateGraphFormat(bool whole_dataset, std::string_view accept) {
  return whole_dataset ? Negotiate(kQuadOffers, accept) : Negotiate(kTripleOffers, accept);
}

std::string MediaTypeOf(std::string_view content_type) {
  return Lower(TakePart(&content_type, ';'));
}

bool CharsetIsUtf8(std::string_view content_type) {
  const auto charset = Parameter(content_type, "charset");
  return !charset.has_value() || *charset == "utf-8" || *charset == "utf8" ||
         *charset == "us-ascii";
}

}  // namespace quadraft::sparql
