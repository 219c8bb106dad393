tocsin_fuzz(block_chunks SOURCE "${CMAKE_CURRENT_LIST_DIR}/block_chunks_fuzz.cc"
  DEPENDS base storage tsdb_chunks tsdb_block)
