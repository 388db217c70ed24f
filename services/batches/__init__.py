"""batches: how far each import and each batch approval is (批次). It follows what readers and cards report."""
