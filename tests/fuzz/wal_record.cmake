tocsin_fuzz(wal_record SOURCE "${CMAKE_CURRENT_LIST_DIR}/wal_record_fuzz.cc" DEPENDS base model
  tsdb_wal)
