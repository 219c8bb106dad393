tocsin_fuzz(block_meta SOURCE "${CMAKE_CURRENT_LIST_DIR}/block_meta_fuzz.cc"
  DEPENDS base tsdb_block)
