#include "sparql/functions/datetime.h"

#include <algorithm>
#include <cstdlib>

#include "core/base/strings.h"

namespace quadraft::sparql {

namespace {

constexpr int kZoneMinutesMax = 14 * 60;

bool IsLeap(int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int DaysInMonth(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

// Days since 1970-01-01 and back (Hinnant, "chrono-compatible low-level date algorithms").
int64_t DaysFromCivil(int64_t year, int month, int day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

void CivilFromDays(int64_t days, DateTime* out) {
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const int64_t day_of_era = days - era * 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  out->day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  out->month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  out->year = year_of_era + era * 400 + (out->month <= 2);
}

// Exactly `width` digits from the front.
bool TakeDigits(std::string_view* text, size_t width, int* value) {
  if (text->size() < width) return false;
  int result = 0;
  for (size_t i = 0; i < width; ++i) {
    const char c = (*text)[i];
    if (c < '0' || c > '9') return false;
    result = result * 10 + (c - '0');
  }
  *value = result;
  text->remove_prefix(width);
  return true;
}

bool Take(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

bool TakeYear(std::string_view* text, int64_t* year) {
  const bool negative = Take(text, '-');
  size_t width = 0;
  while (width < text->size() && (*text)[width] >= '0' && (*text)[width] <= '9') ++width;
  if (width < 4 || width > 9 || (width > 4 && text->front() == '0')) return false;
  int value = 0;
  TakeDigits(text, width, &value);
  *year = negative ? -value : value;
  return true;
}

bool TakeDatePart(std::string_view* text, DateTime* out) {
  return TakeYear(text, &out->year) && Take(text, '-') && TakeDigits(text, 2, &out->month) &&
         Take(text, '-') && TakeDigits(text, 2, &out->day) && out->month >= 1 && out->month <= 12 &&
         out->day >= 1 && out->day <= DaysInMonth(out->year, out->month);
}

bool TakeFraction(std::string_view* text, int* nanosecond) {
  size_t width = 0;
  int value = 0;
  while (!text->empty() && text->front() >= '0' && text->front() <= '9') {
    const int digit = text->front() - '0';
    if (width < 9) {
      value = value * 10 + digit;
    } else if (digit != 0) {
      return false;  // Finer than a nanosecond: not ours to round.
    }
    ++width;
    text->remove_prefix(1);
  }
  if (width == 0) return false;
  for (size_t i = width; i < 9; ++i) value *= 10;
  *nanosecond = value;
  return true;
}

// The whole rest of the text.
bool TakeZone(std::string_view text, DateTime* out) {
  if (text.empty()) return true;
  if (text == "Z") {
    out->zone_minutes = 0;
    return true;
  }
  const bool negative = text.front() == '-';
  int hours = 0, minutes = 0;
  if ((!negative && text.front() != '+') || text.size() != 6) return false;
  text.remove_prefix(1);
  if (!TakeDigits(&text, 2, &hours) || !Take(&text, ':') || !TakeDigits(&text, 2, &minutes) || minutes > 59) {
    return false;
  }
  const int total = hours * 60 + minutes;
  if (total > kZoneMinutesMax) return false;
  out->zone_minutes = negative ? -total : total;
  return true;
}

void AppendPadded(std::string* out, int64_t value, size_t width) {
  const std::string digits = StrCat(std::abs(value));
  if (value < 0) out->push_back('-');
  if (digits.size() < width) out->append(width - digits.size(), '0');
  out->append(digits);
}

}  // namespace

std::optional<DateTime> DateTime::Parse(std::string_view text) {
  DateTime out;
  if (!TakeDatePart(&text, &out) || !Take(&text, 'T') || !TakeDigits(&text, 2, &out.hour) || !Take(&text, ':') ||
      !TakeDigits(&text, 2, &out.minute) || !Take(&text, ':') || !TakeDigits(&text, 2, &out.second)) {
    return std::nullopt;
  }
  if (Take(&text, '.') && !TakeFraction(&text, &out.nanosecond)) return std::nullopt;
  if (!TakeZone(text, &out)) return std::nullopt;
  if (out.minute > 59 || out.second > 59 || out.hour > 24) return std::nullopt;
  if (out.hour == 24) {  // The end of a day is the start of the next.
    if (out.minute != 0 || out.second != 0 || out.nanosecond != 0) return std::nullopt;
    out.hour = 0;
    CivilFromDays(DaysFromCivil(out.year, out.month, out.day) + 1, &out);
  }
  return out;
}

std::optional<DateTime> DateTime::ParseDate(std::string_view text) {
  DateTime out;
  if (!TakeDatePart(&text, &out) || !TakeZone(text, &out)) return std::nullopt;
  return out;
}

DateTime DateTime::FromWallTime(WallTime time) {
  constexpr int64_t kMicros = 1'000'000, kDay = 86'400;
  int64_t seconds = time.unix_us / kMicros;
  int64_t micros = time.unix_us % kMicros;
  if (micros < 0) micros += kMicros, --seconds;
  int64_t days = seconds / kDay;
  int64_t rest = seconds % kDay;
  if (rest < 0) rest += kDay, --days;
  DateTime out;
  CivilFromDays(days, &out);
  out.hour = static_cast<int>(rest / 3600);
  out.minute = static_cast<int>(rest / 60 % 60);
  out.second = static_cast<int>(rest % 60);
  out.nanosecond = static_cast<int>(micros * 1000);
  out.zone_minutes = 0;
  return out;
}

std::string DateTime::ZoneString() const {
  if (!zone_minutes.has_value()) return "";
  if (*zone_minutes == 0) return "Z";
  std::string out(1, *zone_minutes < 0 ? '-' : '+');
  AppendPadded(&out, std::abs(*zone_minutes) / 60, 2);
  out.push_back(':');
  AppendPadded(&out, std::abs(*zone_minutes) % 60, 2);
  return out;
}

std::string DateTime::ToDateString() const {
  std::string out;
  AppendPadded(&out, year, 4);
  out.push_back('-');
  AppendPadded(&out, month, 2);
  out.push_back('-');
  AppendPadded(&out, day, 2);
  return out + ZoneString();
}

std::string DateTime::ToString() const {
  DateTime local = *this;
  local.zone_minutes.reset();
  std::string out = local.ToDateString();
  out.push_back('T');
  AppendPadded(&out, hour, 2);
  out.push_back(':');
  AppendPadded(&out, minute, 2);
  out.push_back(':');
  AppendPadded(&out, second, 2);
  if (nanosecond != 0) {
    out.push_back('.');
    AppendPadded(&out, nanosecond, 9);
    while (out.back() == '0') out.pop_back();
  }
  return out + ZoneString();
}

int64_t DateTime::UtcSeconds() const {
  return DaysFromCivil(year, month, day) * 86'400 + hour * 3600 + minute * 60 + second -
         zone_minutes.value_or(0) * 60;
}

std::optional<std::strong_ordering> Compare(const DateTime& a, const DateTime& b) {
  const auto order = [](int64_t a_seconds, const DateTime& a, int64_t b_seconds, const DateTime& b) {
    return a_seconds != b_seconds ? a_seconds <=> b_seconds : a.nanosecond <=> b.nanosecond;
  };
  const int64_t left = a.UtcSeconds(), right = b.UtcSeconds();
  if (a.zone_minutes.has_value() == b.zone_minutes.has_value()) return order(left, a, right, b);
  // The one without a zone stands for a span of 14 hours either way.
  constexpr int64_t kSpan = kZoneMinutesMax * 60;
  const int64_t low = a.zone_minutes ? 0 : -kSpan, high = -low;
  const int64_t other_low = b.zone_minutes ? 0 : -kSpan, other_high = -other_low;
  if (order(left + high, a, right + other_low, b) < 0) return std::strong_ordering::less;
  if (order(left + low, a, right + other_high, b) > 0) return std::strong_ordering::greater;
  return std::nullopt;
}

}  // namespace quadraft::sparql
