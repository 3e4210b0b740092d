{{ contract_union('rejections') }}
