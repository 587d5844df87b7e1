// xsd:dateTime and xsd:date values (XSD 1.1 Datatypes, sections 3.3.7 and 3.3.9).
//
//   std::optional<DateTime> t = DateTime::Parse("2011-01-10T14:45:13.815-05:00");
//   Compare(*t, other)   // nullopt: indeterminate, when only one of the two has a time zone and they are within 14 hours.
//
// The proleptic Gregorian calendar, years of at most 9 digits, fractions of at most 9 digits kept exactly: a lexical form
// beyond that is not a DateTime (and compares as an unknown literal), never a rounded one.
#ifndef QUADRAFT_SPARQL_FUNCTIONS_DATETIME_H_
#define QUADRAFT_SPARQL_FUNCTIONS_DATETIME_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/env/time.h"

namespace quadraft::sparql {

struct DateTime {
  int64_t year = 0;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int nanosecond = 0;
  std::optional<int> zone_minutes;  // Offset from UTC in [-840, 840].

  static std::optional<DateTime> Parse(std::string_view text);
  static std::optional<DateTime> ParseDate(std::string_view text);  // xsd:date: midnight.
  static DateTime FromWallTime(WallTime time);                      // In UTC.

  std::string ToString() const;      // Canonical xsd:dateTime.
  std::string ToDateString() const;  // Canonical xsd:date.
  std::string ZoneString() const;    // "Z", "-05:00" or "".

  // Seconds since 1970-01-01T00:00:00 on the UTC time line; a missing zone counts as UTC.
  int64_t UtcSeconds() const;
};

// XSD 1.1's partial order (section E.3.3): nullopt when indeterminate.
std::optional<std::strong_ordering> Compare(const DateTime& a, const DateTime& b);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_FUNCTIONS_DATETIME_H_
