tocsin_fuzz(block_index SOURCE "${CMAKE_CURRENT_LIST_DIR}/block_index_fuzz.cc"
  DEPENDS base model tsdb_block)
