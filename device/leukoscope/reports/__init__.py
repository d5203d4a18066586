"""What people read of the records: text, tables, pictures, charts, exports."""
