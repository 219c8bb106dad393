tocsin_fuzz(xor_chunk SOURCE "${CMAKE_CURRENT_LIST_DIR}/xor_chunk_fuzz.cc" DEPENDS tsdb_chunks)
