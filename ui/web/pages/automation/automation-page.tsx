export function AutomationPage() {
  return <h1>AutomationPage {""}</h1>;
}
