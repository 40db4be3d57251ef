echo "two $STAGE" > /opt/legacy/two
