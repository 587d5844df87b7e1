#include "store/runs/block.h"

#include <algorithm>
#include <bit>

#include "core/base/bytes.h"
#include "core/base/check.h"

namespace quadraft::store {
namespace {

// Behind the last number: eight bytes can be read wherever a number begins.
constexpr size_t kPadding = 8;

size_t BytesFor(uint64_t number) { return (static_cast<size_t>(std::bit_width(number)) + 7) / 8; }

uint64_t Get(const Row& row, size_t column) { return column < 4 ? row.ids[column] : row.at; }

void PutNumber(std::string* out, uint64_t number, size_t width) {
  out->append(reinterpret_cast<const char*>(&number), width);
}

void EncodeColumn(std::span<const Row> rows, size_t column, std::string* out) {
  uint64_t low = Get(rows[0], column), high = low;
  std::vector<uint64_t> values;
  values.reserve(rows.size());
  for (const Row& row : rows) {
    const uint64_t value = Get(row, column);
    low = std::min(low, value);
    high = std::max(high, value);
    if (values.empty() || values.back() != value) values.push_back(value);
  }
  const size_t width = BytesFor(high - low);
  if (width > 1) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
  }
  const size_t number_width = BytesFor(values.size() - 1);
  const bool dictionary =
      width > 1 && values.size() * sizeof(uint64_t) + rows.size() * number_width < rows.size() * width;
  out->push_back(static_cast<char>(dictionary ? number_width : width));
  PutFixed<uint16_t>(out, static_cast<uint16_t>(dictionary ? values.size() : 0));
  PutFixed<uint64_t>(out, dictionary ? 0 : low);
  if (dictionary) {
    for (const uint64_t value : values) PutFixed<uint64_t>(out, value);
  }
  for (const Row& row : rows) {
    const uint64_t value = Get(row, column);
    if (!dictionary) {
      PutNumber(out, value - low, width);
    } else {
      const auto it = std::lower_bound(values.begin(), values.end(), value);
      PutNumber(out, static_cast<uint64_t>(it - values.begin()), number_width);
    }
  }
}

}  // namespace

std::string EncodeBlock(std::span<const Row> rows) {
  QR_CHECK(!rows.empty() && rows.size() <= kBlockRowsMax) << rows.size();
  std::string out;
  out.reserve(rows.size() * 24);
  PutFixed<uint16_t>(&out, static_cast<uint16_t>(rows.size()));
  for (size_t column = 0; column < 5; ++column) EncodeColumn(rows, column, &out);
  out.append(kPadding, '\0');
  return out;
}

Status Block::ParseColumn(std::string_view* in, size_t rows, Column* column) {
  uint8_t width = 0;
  uint16_t values = 0;
  if (!GetFixed(in, &width) || !GetFixed(in, &values) || !GetFixed(in, &column->base) || width > 8 ||
      in->size() < values * sizeof(uint64_t) + rows * width + kPadding) {
    return DataLoss("index block: malformed column");
  }
  column->width = width;
  column->values = values;
  column->mask = width == 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * width) - 1;
  if (values > 0) column->dictionary = in->data();
  in->remove_prefix(values * sizeof(uint64_t));
  column->numbers = in->data();
  in->remove_prefix(rows * width);
  if (values == 0) return OkStatus();
  for (size_t row = 0; row < rows; ++row) {
    const uint64_t number = LoadFixed<uint64_t>(column->numbers + row * width) & column->mask;
    if (number >= values) return DataLoss("index block: value ", number, " of ", values);
  }
  return OkStatus();
}

StatusOr<Block> Block::Parse(std::string_view bytes) {
  Block block;
  uint16_t rows = 0;
  if (!GetFixed(&bytes, &rows) || rows == 0 || rows > kBlockRowsMax)
    return DataLoss("index block: ", rows, " rows");
  block.rows_ = rows;
  for (Column& column : block.columns_) QR_RETURN_IF_ERROR(ParseColumn(&bytes, rows, &column));
  if (bytes.size() != kPadding) return DataLoss("index block: ", bytes.size(), " bytes at its end");
  return block;
}

size_t Block::Bound(std::span<const uint64_t> prefix, int above) const {
  size_t first = 0, end = rows_;
  while (first < end) {
    const size_t middle = (first + end) / 2;
    int compared = 0;
    for (size_t i = 0; i < prefix.size() && compared == 0; ++i) {
      const uint64_t id = columns_[i].At(middle);
      if (id != prefix[i]) compared = id < prefix[i] ? -1 : 1;
    }
    if (compared < above) {
      first = middle + 1;
    } else {
      end = middle;
    }
  }
  return first;
}

void Block::Decode(size_t first, size_t end, std::vector<Row>* out) const {
  out->resize(end - first);
  for (size_t c = 0; c < kColumns; ++c) {
    const Column& column = columns_[c];
    for (size_t i = first; i < end; ++i) {
      Row& row = (*out)[i - first];
      (c < 4 ? row.ids[c] : row.at) = column.At(i);
    }
  }
}

}  // namespace quadraft::store
