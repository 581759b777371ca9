declare module "emoji-picker-element-data/*?url" {
  const address: string;
  export default address;
}
