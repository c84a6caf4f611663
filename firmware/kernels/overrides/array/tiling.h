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
  // `padding` is what is outside of the images.
  Tiling(const Windows& windows, const int8_t* images, int8_t padding)
      : windows_(windows),
        images_(images),
        padding_(static_cast<uint8_t>(padding) * 0x01010101u),
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
      const int pixels = cfu::kInputBytes / rows_of_window_ / windows.depth;
      const int window = (windows.window_width - 1) * windows.dilation_x + 1;
      columns_ = pixels < window ? 0 : (pixels - window) / windows.stride_x + 1;
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
  int image_bytes() const {
    return windows_.batches * windows_.height * windows_.width * windows_.depth;
  }

  // Sets the registers that are the same for all tiles, of windows whose rows are `taps` times
  // `words` words.
  void Configure(int taps, int words) const {
    cfu::configure(cfu::kWindowWords, words);
    cfu::configure(cfu::kWindowTaps, taps);
    cfu::configure(cfu::kTapStep, windows_.dilation_x * windows_.depth);
    cfu::configure(cfu::kWindowRows, windows_.window_height);
    cfu::configure(cfu::kRowStep, windows_.dilation_y * pitch_);
    cfu::configure(cfu::kColumnStep, windows_.stride_x * windows_.depth);
    cfu::configure(cfu::kLineStep, rows_of_line_ * pitch_);
  }

  // Calls `body` with one tile after the other.
  template <typename Body>
  void ForEach(Body body) const {
    Tile tile = {};
    for (; tile.batch < windows_.batches; ++tile.batch) {
      for (tile.y = 0; tile.y < windows_.output_height; tile.y += lines_) {
        tile.lines = std::min(lines_, windows_.output_height - tile.y);
        for (tile.x = 0; tile.x < windows_.output_width; tile.x += columns_) {
          tile.columns = std::min(columns_, windows_.output_width - tile.x);
          body(tile);
          tile.first_pixel += tile.pixels();
        }
      }
    }
  }

  // Puts a tile's inputs into the engine, with their padding.
  [[gnu::noinline]] void Load(const Tile& tile) const {
    cfu::configure(cfu::kLines, tile.lines);
    cfu::configure(cfu::kColumns, tile.columns);
    cfu::seek(cfu::kInputs, 0);
    const int depth = windows_.depth;
    const int rows = (tile.lines - 1) * rows_of_line_ + rows_of_window_;
    const int pixels = (rows == 1 ? PitchOf(tile.columns) : pitch_) / depth;
    const int top = tile.y * windows_.stride_y - windows_.padding_y;
    const int left = tile.x * windows_.stride_x - windows_.padding_x;
    const int8_t* const image = images_ + tile.batch * windows_.height * windows_.width * depth;
    if (left == 0 && pixels == windows_.width && row_stride_ == 1) {
      const int first = std::clamp(-top, 0, rows);
      const int last = std::clamp(windows_.height - top, first, rows);
      Pad(first * pitch_);
      if (last > first) WriteBytes(image + (top + first) * pitch_, (last - first) * pitch_);
      Pad((rows - last) * pitch_);
      return;
    }
    const int first = std::clamp(-left, 0, pixels);
    const int last = std::clamp(windows_.width - left, first, pixels);
    int padding = 0;  // in bytes, not yet written
    for (int row = 0, y = top; row < rows; ++row, y += row_stride_) {
      if (y < 0 || y >= windows_.height || first == last) {
        padding += pixels * depth;
        continue;
      }
      Pad(padding + first * depth);
      WriteBytes(image + (y * windows_.width + left + first) * depth, (last - first) * depth);
      padding = (pixels - last) * depth;
    }
    Pad(padding);
  }

 private:
  // Bytes of a row of the inputs of `columns` outputs.
  int PitchOf(int columns) const {
    const int window = (windows_.window_width - 1) * windows_.dilation_x + 1;
    return ((columns - 1) * windows_.stride_x + window) * windows_.depth;
  }

  void Pad(int bytes) const {
    if (bytes > 0) cfu::fill(padding_, bytes);
  }

  const Windows windows_;
  const int8_t* const images_;
  const Word padding_;
  const int rows_of_window_;
  const int rows_of_line_;  // from one line of outputs to the next
  const int row_stride_;    // in the image
  int lines_;               // of a tile
  int columns_;
  int pitch_;  // bytes of a row of a tile
};

}  // namespace playground::array

#endif  // FIRMWARE_KERNELS_OVERRIDES_ARRAY_TILING_H_
