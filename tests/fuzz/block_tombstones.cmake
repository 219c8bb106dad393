tocsin_fuzz(block_tombstones SOURCE "${CMAKE_CURRENT_LIST_DIR}/block_tombstones_fuzz.cc"
  DEPENDS base tsdb_block)
