import './base.css';
import './chat.css';
import './models.css';
import './terms.css';
