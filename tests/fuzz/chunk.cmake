tocsin_fuzz(chunk SOURCE "${CMAKE_CURRENT_LIST_DIR}/chunk_fuzz.cc" DEPENDS base model storage
  tsdb_chunks)
