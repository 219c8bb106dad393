tocsin_fuzz(head_chunks SOURCE "${CMAKE_CURRENT_LIST_DIR}/head_chunks_fuzz.cc" DEPENDS base
  tsdb_head_chunks)
