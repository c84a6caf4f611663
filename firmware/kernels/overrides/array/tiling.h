// Windows that move over images, and the tiles of an image that fit an engine's memory of inputs.

#ifndef FIRMWARE_KERNELS_OVERRIDES_ARRAY_TILING_H_
#define FIRMWARE_KERNELS_OVERRIDES_ARRAY_TILING_H_

#include <algorithm>
#include <cstdint>

#include "engine.h"

namespace playground::array {

// A window that moves over a batch of images. Sizes of images are without padding.
struct Windows {
  int batches;
  int height;
  int width;
  int depth;
  int window_height;  // in taps
  int window_width;
  int stride_y;
  int stride_x;
  int dilation_y;
  int dilation_x;
  int padding_y;  // above
  int padding_x;  // on the left
  int output_height;
  int output_width;

  // Those of a layer, except for window and dilation.
  template <typename Layer>
  static Windows Of(const Layer& layer) {
    const auto& params = layer.params;
    return {layer.input_shape.Dims(0),
            layer.input_shape.Dims(1),
            layer.input_shape.Dims(2),
            layer.input_shape.Dims(3),
            1,
            1,
            params.stride_height,
            params.stride_width,
            1,
            1,
            params.padding_values.height,
            params.padding_values.width,
            layer.output_shape.Dims(1),
            layer.output_shape.Dims(2)};
  }

  // Those of a convolution.
  template <typename Layer>
  static Windows OfConvolution(const Layer& layer) {
    Windows windows = Of(layer);
    windows.window_height = layer.filter_shape.Dims(1);
    windows.window_width = layer.filter_shape.Dims(2);
    windows.dilation_y = layer.params.dilation_height_factor;
    windows.dilation_x = layer.params.dilation_width_factor;
    const bool is_pixel = windows.window_height == 1 && windows.window_width == 1;
    if (is_pixel && windows.stride_y == 1 && windows.stride_x == 1) {
      return OfPixels(windows.batches * windows.height * windows.width, windows.depth);
    }
    return windows;
  }

  // Windows of one pixel, all of them in one line.
  static Windows OfPixels(int pixels, int depth) {
    return {1, 1, pixels, depth, 1, 1, 1, 1, 1, 1, 0, 0, 1, pixels};
  }
};

// Outputs whose inputs are in the engine at the same time: whole lines, or a part of one line.
struct Tile {
  int batch;
  int y;
  int x;
  int lines;
  int columns;
  int first_pixel;  // of all batches; the others follow it without a gap

  int pixels() const { return lines * columns; }
};

class Tiling {
 public:
  // `padding` is what is outside of the images. `slice` says how many neighbouring channels are in
  // the engine at the same time.
  Tiling(const Windows& windows, int slice, const int8_t* images, int8_t padding)
      : windows_(windows),
        slice_(slice),
        images_(images),
        padding_(static_cast<uint8_t>(padding) * 0x01010101u),
        overlap_((windows.window_width - 1) * windows.dilation_x + 1 - windows.stride_x),
        rows_of_window_((windows.window_height - 1) * windows.dilation_y + 1),
        // Of windows of one row, the lines between them are left out.
        rows_of_line_(windows.window_height == 1 ? 1 : windows.stride_y),
        row_stride_(windows.window_height == 1 ? windows.stride_y : 1) {
    lines_ = 1;
    columns_ = windows.output_width;
    const int rows = cfu::kInputBytes / PitchOf(columns_);
    if (rows >= rows_of_window_) {
      const int lines = (rows - rows_of_window_) / rows_of_line_ + 1;
      lines_ = std::min({lines, windows.output_height, kMostCount});
    } else {
      const int pixels = cfu::kInputBytes / rows_of_window_ / slice;
      columns_ = std::max((pixels - overlap_) / windows.stride_x, 0);
      // Tiles begin with a word, as long as they are not too small.
      if (columns_ >= 4) columns_ -= columns_ % 4;
    }
    pitch_ = PitchOf(columns_);
  }

  bool Fits() const {
    return columns_ > 0 && windows_.window_height <= kMostCount &&
           windows_.window_width <= kMostCount;
  }

  const Windows& windows() const { return windows_; }
  int tiles() const {
    return windows_.batches * DivideUp(windows_.output_height, lines_) *
           DivideUp(windows_.output_width, columns_);
  }
  int slice() const { return slice_; }
  bool is_sliced() const { return slice_ != windows_.depth; }

  // Bytes of the inputs of all tiles, at most.
  int bytes() const { return tiles() * RowsOf(lines_) * pitch_; }

  // Sets the registers that are the same for all tiles, of windows whose rows are `taps` times
  // `words` words.
  void Configure(int taps, int words) const {
    cfu::configure(cfu::kWindowWords, words);
    cfu::configure(cfu::kWindowTaps, taps);
    cfu::configure(cfu::kTapStep, windows_.dilation_x * slice_);
    cfu::configure(cfu::kWindowRows, windows_.window_height);
    cfu::configure(cfu::kRowStep, windows_.dilation_y * pitch_);
    cfu::configure(cfu::kColumnStep, windows_.stride_x * slice_);
    cfu::configure(cfu::kLineStep, rows_of_line_ * pitch_);
  }

  Tile First() const { return {0, 0, 0, std::min(lines_, windows_.output_height), columns_, 0}; }

  // Goes on to the next tile. Returns false after the last one, with the first.
  bool Next(Tile* tile) const {
    tile->first_pixel += tile->pixels();
    tile->x += columns_;
    if (tile->x >= windows_.output_width) {
      tile->x = 0;
      tile->y += lines_;
      if (tile->y >= windows_.output_height) {
        tile->y = 0;
        if (++tile->batch == windows_.batches) {
          *tile = First();
          return false;
        }
      }
      tile->lines = std::min(lines_, windows_.output_height - tile->y);
    }
    tile->columns = std::min(columns_, windows_.output_width - tile->x);
    return true;
  }

  // Puts a tile's inputs into the engine, with their padding; those from `channel` on, if sliced.
  [[gnu::noinline]] void Load(const Tile& tile, int channel) const {
    cfu::configure(cfu::kLines, tile.lines);
    cfu::configure(cfu::kColumns, tile.columns);
    cfu::seek(cfu::kInputs, 0);
    const int rows = RowsOf(tile.lines);
    const int pitch = rows == 1 ? PitchOf(tile.columns) : pitch_;
    const int top = tile.y * windows_.stride_y - windows_.padding_y;
    const int left = tile.x * windows_.stride_x - windows_.padding_x;
    const int line_bytes = windows_.width * windows_.depth;
    const int8_t* const image = images_ + tile.batch * windows_.height * line_bytes + channel;
    if (left == 0 && pitch == line_bytes && row_stride_ == 1 && !is_sliced()) {
      const int first = std::clamp(-top, 0, rows);
      const int last = std::clamp(windows_.height - top, first, rows);
      Pad(first * pitch);
      if (last > first) WriteBytes(image + (top + first) * pitch, (last - first) * pitch);
      Pad((rows - last) * pitch);
      return;
    }
    const int pixels = (rows == 1 ? tile.columns : columns_) * windows_.stride_x + overlap_;
    const int first = std::clamp(-left, 0, pixels);
    const int last = std::clamp(windows_.width - left, first, pixels);
    const int before = first * slice_, after = (pixels - last) * slice_;
    int padding = 0;  // in bytes, not yet written
    for (int row = 0, y = top; row < rows; ++row, y += row_stride_) {
      if (y < 0 || y >= windows_.height || first == last) {
        padding += pitch;
        continue;
      }
      Pad(padding + before);
      WritePixels(image + y * line_bytes + (left + first) * windows_.depth, last - first);
      padding = after;
    }
    Pad(padding);
  }

 private:
  // Bytes of a row of the inputs of `columns` outputs, and how many rows those of `lines` are.
  int PitchOf(int columns) const { return (columns * windows_.stride_x + overlap_) * slice_; }
  int RowsOf(int lines) const { return (lines - 1) * rows_of_line_ + rows_of_window_; }

  void WritePixels(const int8_t* source, int pixels) const {
    if (!is_sliced()) {
      WriteBytes(source, pixels * slice_);
      return;
    }
    for (; pixels > 0; --pixels, source += windows_.depth) WriteBytes(source, slice_);
  }

  void Pad(int bytes) const {
    if (bytes > 0) cfu::fill(padding_, bytes);
  }

  const Windows windows_;
  const int slice_;
  const int8_t* const images_;
  const Word padding_;
  const int overlap_;  // of windows of neighbouring columns, in pixels; less than 0 for a gap
  const int rows_of_window_;
  const int rows_of_line_;  // from one line of outputs to the next
  const int row_stride_;    // in the image
  int lines_;               // of a tile
  int columns_;
  int pitch_;  // bytes of a row of a tile
};

}  // namespace playground::array

#endif  // FIRMWARE_KERNELS_OVERRIDES_ARRAY_TILING_H_
