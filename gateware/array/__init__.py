"""An output-stationary array of multiplier units, with memories, loops and requantization.

It runs convolutions, depthwise convolutions, fully connected layers, sums of windows and functions
given by tables, on int8 data, bit-exact with TensorFlow Lite Micro's reference kernels. A kernel
puts inputs, filters and parameters of a block of the layer into local memories, sets registers that
describe the block, and starts it; results come out in the order of pixels and channels.

Local memories
--------------

- Inputs: `input_bytes` bytes, read and written at any byte, four at a time.
- Filters: `filter_words` words for each unit; channel c belongs to unit c % units.
- Biases (int32), multipliers (0 to 2**31 - 1) and shifts (-31 to 30) of the output channels.

Instructions
------------
`configure(number, value)`
    Set a register.
`seek(target, index)`
    Choose where writes begin: a byte of the inputs, a word of the first unit's filters, or a
    channel's bias, multiplier or shift. Filters go on in the next unit after every
    `FILTER_WORDS_PER_CHANNEL` words, and after the last unit in the first one again, behind what
    was written there.
`push(word0, word1)`, `push_bytes(word, count)`, `fill(word, bytes)`
    Write two words; 1 to 4 bytes; a number of bytes of a repeated word.
`fetch(address, bytes)`
    Write a number of bytes of main memory from any address on, if there is a memory port. To other
    targets than inputs, aligned words.
`run()`
    Begin to compute.
`read()`
    Return the next word of results; waits for it. 0 if there is none and nothing runs.
`wait()`
    Wait until all that was begun is done, and all that is to be stored is in memory.

Every instruction but `read` waits until what was begun before is done, so instructions act as if
one came after the other. A run ends only if its results are read, or fit `result_words`; those not
read when the next run begins are lost. `fill` and `fetch` may write nothing (0 bytes); `run` needs
all counts to be 1 or more.

A run
-----
::

    for line in LINES:
      for column in COLUMNS:                       # an output pixel
        for group in groups of BLOCK_CHANNELS:
          for row in WINDOW_ROWS:
            for tap in WINDOW_TAPS:
              for word in WINDOW_WORDS:            # one cycle
                read four bytes at INPUT_BASE + line * LINE_STEP + column * COLUMN_STEP
                                   + row * ROW_STEP + tap * TAP_STEP + word * 4

Addresses of inputs are in bytes and wrap. What a cycle does depends on `MODE`:

DENSE
    A group is a channel for each unit. Each unit multiplies the four inputs plus `INPUT_OFFSET`
    (-127 to 128) by its next word of filters and adds the products to one sum.
DEPTHWISE
    A group is four channels, and the inputs are 4 * group bytes further. The first unit's filters
    are in the order [row and tap][channel]; each channel has a sum of its own. `WINDOW_WORDS` is 1.
LOOKUP
    A group is one channel. The input selects one of 256 words of the first unit's filters, from
    word 256 * tap on, the one of -128 first, which is added to the sum. `WINDOW_WORDS`,
    `WINDOW_ROWS` and `BLOCK_CHANNELS` are 1.

To each sum its channel's bias is added. With `RAW` that is the result, an int32. Otherwise it is
requantized as TensorFlow Lite Micro does (double rounding), and four int8 results make a word, the
first in the lowest byte; pixels follow each other without a gap unless `ALIGN_PIXELS` is set, when
each begins with a new word. The last word of a run is filled up with zeros.

With `STORE`, results go to main memory: `STORE_WORDS` words to `STORE_ADDRESS` (a multiple of 4),
as many to the address `STORE_STEP` bytes further, and so on. Of a word that is not full only the
results are written.
"""

from __future__ import annotations

__all__ = ["ArrayModel", "ArraySizes", "Mode", "Register", "Target"]

from gateware.array.model import ArrayModel
from gateware.array.registers import Mode, Register, Target
from gateware.array.sizes import ArraySizes
